-- name: saas_quick_ratio
-- group: revenue
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: SaaS quick ratio
-- title [pt-BR]: Índice rápido SaaS (quick ratio)
-- definition [en]: How many times the MRR that was won is the MRR that was lost.
-- definition [pt-BR]: Quantas vezes o MRR ganho é o MRR perdido.
-- formula [en]: (new + expansion + reactivated MRR) / (contraction + churned MRR)
-- formula [pt-BR]: (MRR novo + expansão + reativado) / (contração + MRR perdido)
-- rules [en]: Constant currency. Nothing lost: null, because "infinite" is not a number. Pauses are in neither part.
-- rules [pt-BR]: Câmbio constante. Nada perdido: nulo, porque "infinito" não é um número. Pausas não entram em
--   nenhuma das partes.
-- reading [en]: 4 is the usual bar: four won for each one lost. At 1 the business stands still.
-- reading [pt-BR]: 4 é a referência usual: quatro ganhos para cada um perdido. Em 1 o negócio fica parado.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period,
  i64(sum(CASE WHEN m.kind IN ('new', 'expansion', 'reactivation') THEN m.constant ELSE 0 END)) AS numerator,
  i64(sum(CASE WHEN m.kind IN ('contraction', 'churn') THEN -m.constant ELSE 0 END)) AS denominator
FROM {{movements}} AS m
WHERE m.kind IN ('new', 'expansion', 'reactivation', 'contraction', 'churn')
GROUP BY m.grp, m.account, m.period

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
rate USD 5.00
rate USD 5.50 from 2026-02-10
2026-01-10 10:00  @acme  "Subscription Started" subscription=s1 unit_price=120 interval=year quantity=100 currency=BRL plan=basic product=Core
2026-01-12 10:00  @hooli  "Subscription Started" subscription=h1 mrr=400 currency=BRL
2026-01-15 10:00  @globex  "Subscription Started" subscription=g1 mrr=10 currency=USD
2026-01-18 10:00  @initech  "Subscription Started" subscription=i1 mrr=200 currency=BRL
2026-02-03 10:00  @umbra  "Subscription Started" subscription=u1 mrr=300 currency=BRL
2026-02-05 10:00  @acme  "Subscription Started" subscription=s2 mrr=50 currency=BRL product=Flows
2026-02-08 10:00  @acme  "Subscription Changed" subscription=s1 unit_price=11 quantity=120 currency=BRL
2026-02-12 10:00  @hooli  "Subscription Changed" subscription=h1 mrr=300 currency=BRL
2026-02-15 10:00  @initech  "Subscription Paused" subscription=i1
2026-02-20 10:00  @globex  "Subscription Cancelled" subscription=g1 reason=price voluntary=true
2026-03-02 10:00  @initech  "Subscription Resumed" subscription=i1
2026-03-05 10:00  @acme  "Subscription Changed" subscription=s1 discount_percent=10 discount_ends_at=2026-03-15T15:00:00Z
2026-03-09 10:00  @globex  "Subscription Started" subscription=g2 mrr=10 currency=USD
2026-03-20 10:00  @hooli  "Subscription Cancelled" subscription=h1 reason=price voluntary=true
2026-03-25 10:00  @acme  "Subscription Changed" subscription=s1 unit_price=15 plan=pro currency=BRL

want month 2026-02-01 = 4.4667 (670/150)
want month 2026-03-01 = 1.5440 (667/432)
want month 2026-01-01 = null zero_denominator (1650/0)
want week 2026-02-09 = 0 (0/100)
*/
