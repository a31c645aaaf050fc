-- name: median_arpa
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: quantile
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- quantile: 0.5
-- title [en]: Median revenue per account
-- title [pt-BR]: Receita mediana por conta
-- definition [en]: What the account in the middle pays per month.
-- definition [pt-BR]: Quanto paga por mês a conta do meio.
-- formula [en]: the least MRR that at least half of the paying accounts do not exceed, at the end of the last local
--   day
-- formula [pt-BR]: o menor MRR que ao menos metade das contas pagantes não ultrapassa, no fim do último dia local
-- rules [en]: With an even number of accounts the lower of the two in the middle. No paying account: null. Breakdowns
--   use the attribute on the last day.
-- rules [pt-BR]: Com número par de contas, a menor das duas do meio. Nenhuma conta pagante: nulo. As quebras usam o
--   atributo no último dia.
-- reading [en]: The typical customer. Far below the average: few large accounts carry the revenue.
-- reading [pt-BR]: O cliente típico. Muito abaixo da média: poucas contas grandes sustentam a receita.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator, 1 AS denominator
FROM {{payingAt "end"}} AS p

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

want month 2026-02-01 = 300.00
want month 2026-03-01 = 200.00
want week 2026-02-02 = 300.00
want day 2026-01-12 = 400.00
*/
