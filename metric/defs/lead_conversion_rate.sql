-- name: lead_conversion_rate
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: 90
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: others
-- title [en]: Lead conversion
-- title [pt-BR]: Conversão de leads
-- definition [en]: The share of the leads created in the period that became a paying customer within 90 days.
-- definition [pt-BR]: A parte dos leads criados no período que se tornou cliente pagante em até 90 dias.
-- formula [en]: leads whose account first paid within 90 days of the lead / leads created
-- formula [pt-BR]: leads cuja conta pagou pela primeira vez em até 90 dias do lead / leads criados
-- rules [en]: A cohort of the day of creation; only leads whose 90 days have passed count, also when they converted
--   before, because counting winners early would flatter. A lead becomes an account by Lead Converted (or by the account
--   that its events name) and pays on the first day with MRR. Of several leads of one account the first may convert, the
--   others stay in the denominator. Leads of accounts that paid before are no leads. Breakdowns and segments by channel,
--   source or campaign use the lead’s own (first touch: what its creation said); other attributes are those of the
--   account that it became, unknown until then.
--   The 90 days are local calendar days, that of the lead being the first.
-- rules [pt-BR]: Uma coorte pelo dia da criação; só contam leads cujos 90 dias já passaram, mesmo os que converteram
--   antes, porque contar os ganhos logo enfeitaria a taxa. Um lead vira conta pelo Lead Converted (ou pela conta que os
--   seus eventos indicam) e paga no primeiro dia com MRR. De vários leads de uma conta, o primeiro pode converter e os
--   outros ficam no denominador. Leads de contas que já pagavam não são leads. Quebras e segmentos por channel, source ou
--   campaign usam os do próprio lead (primeiro toque: o que disse a criação); os outros atributos são os da conta em que
--   ele se tornou, desconhecidos até lá.
--   Os 90 dias são dias corridos do calendário local, e o do lead é o primeiro.
-- reading [en]: The rate to plan with. It is slow to come, by design; for a quick look there is the win ratio of the
--   month, which is another thing.
-- reading [pt-BR]: A taxa para planejar. Demora a sair, de propósito; para uma olhada rápida existe a razão de ganho
--   do mês, que é outra coisa.
SELECT w.grp AS grp, w.lead AS unit, w.account AS account, d.period AS period,
  CASE WHEN w.place = 1 AND w.paid_day < addDaysN(w.day, 90) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{leadWins}} AS w
JOIN {{days}} AS d ON d.day = w.day
WHERE addDaysN(w.day, 90) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-01-05 10:00  anon:a  "Lead Created" lead=l1 channel=event
2026-01-06 10:00  anon:b  "Lead Created" lead=l2 channel=event
2026-01-07 10:00  anon:c  "Lead Created" lead=l3 channel=content
2026-01-08 10:00  anon:c  "Lead Created" lead=l4 channel=content
2026-01-20 10:00  anon:a  "Lead Converted" lead=l1 account=acme
2026-02-20 10:00  anon:c  "Lead Converted" lead=l3 account=globex
2026-02-20 10:00  anon:c  "Lead Converted" lead=l4 account=globex
2026-01-21 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL
2026-02-21 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL
2026-02-22 10:00  anon:c  "Lead Created" lead=l5 account=globex
2026-04-10 10:00  anon:d  "Lead Created" lead=l6 channel=event

want week 2026-01-05 = 0.5 (2/4) [0.1500..0.8500]
want month 2026-01-01 = 0.5 (2/4)
want month 2026-01-01 by channel event = 0.5 (1/2)
want month 2026-02-01 = null zero_denominator (0/0)
want month 2026-04-01 = null window_open (0/0) incomplete
want month 2026-01-01 as of 2026-02-10 = null window_open (0/0) incomplete
want month 2025-12-01 = null no_data
*/
