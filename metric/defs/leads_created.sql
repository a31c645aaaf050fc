-- name: leads_created
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
-- title [en]: Leads created
-- title [pt-BR]: Leads criados
-- definition [en]: Leads that were created in the period.
-- definition [pt-BR]: Leads criados no período.
-- formula [en]: leads whose first event falls in the period
-- formula [pt-BR]: leads cujo primeiro evento cai no período
-- rules [en]: A lead is an id; it is created with its first event, and said again it is the same lead. Breakdowns
--   and segments by channel, source or campaign use the lead’s own (first touch: what its creation said); other
--   attributes are those of the account that it became, unknown until then.
-- rules [pt-BR]: Um lead é um identificador; é criado com o seu primeiro evento e, dito de novo, é o mesmo lead.
--   Quebras e segmentos por channel, source ou campaign usam os do próprio lead (primeiro toque: o que disse a criação);
--   os outros atributos são os da conta em que ele se tornou, desconhecidos até lá.
-- reading [en]: The top of the funnel. It is easily filled with leads that never buy: read it with their conversion.
-- reading [pt-BR]: O topo do funil. É fácil enchê-lo de leads que nunca compram: leia junto com a conversão.
SELECT l.grp AS grp, l.lead AS unit, l.account AS account, d.period AS period, 1 AS numerator
FROM {{leads}} AS l
JOIN {{days}} AS d ON d.day = l.day

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  anon:a  "Lead Created" lead=l1 channel=event
2026-02-03 10:00  anon:b  "Lead Created" lead=l2 channel=content
2026-02-05 10:00  anon:b  "Lead Created" lead=l2 channel=event
2026-03-03 10:00  anon:c  "Lead Qualified" lead=l3

want day 2026-02-02 = 1
want week 2026-02-02 = 2
want month 2026-02-01 = 2
want month 2026-02-01 by channel content = 1
want month 2026-03-01 = 1
want day 2026-02-05 = 0
want month 2026-01-01 = null no_data
*/
