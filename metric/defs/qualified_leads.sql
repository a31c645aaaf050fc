-- name: qualified_leads
-- group: lifecycle
-- unit: count
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Qualified leads
-- title [pt-BR]: Leads qualificados
-- definition [en]: Leads that were found worth a sales call in the period.
-- definition [pt-BR]: Leads considerados aptos para vendas no período.
-- formula [en]: leads whose first Lead Qualified falls in the period
-- formula [pt-BR]: leads cujo primeiro Lead Qualified cai no período
-- rules [en]: A lead is an id; it is created with its first event, and said again it is the same lead. It is
--   qualified once, by the first Lead Qualified. Breakdowns and segments by channel, source or campaign use the lead’s
--   own (first touch: what its creation said); other attributes are those of the account that it became, unknown until
--   then.
-- rules [pt-BR]: Um lead é um identificador; é criado com o seu primeiro evento e, dito de novo, é o mesmo lead. É
--   qualificado uma vez, no primeiro Lead Qualified. Quebras e segmentos por channel, source ou campaign usam os do
--   próprio lead (primeiro toque: o que disse a criação); os outros atributos são os da conta em que ele se tornou,
--   desconhecidos até lá.
-- reading [en]: What sales can work with. A fall while leads grow says that the channels bring the wrong people.
-- reading [pt-BR]: O que vendas tem para trabalhar. Uma queda enquanto os leads crescem diz que os canais trazem as
--   pessoas erradas.
SELECT l.grp AS grp, l.lead AS unit, l.account AS account, d.period AS period, 1 AS numerator
FROM {{leads}} AS l
JOIN {{days}} AS d ON d.day = l.qualified_day

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  anon:a  "Lead Created" lead=l1 channel=event
2026-02-03 10:00  anon:b  "Lead Created" lead=l2 channel=content
2026-02-10 10:00  anon:b  "Lead Qualified" lead=l2
2026-02-12 10:00  anon:b  "Lead Qualified" lead=l2

want day 2026-02-10 = 1
want week 2026-02-09 = 1
want month 2026-02-01 = 1
want month 2026-02-01 by channel content = 1
want day 2026-02-12 = 0
want month 2026-01-01 = null no_data
*/
