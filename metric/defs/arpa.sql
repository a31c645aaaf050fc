-- name: arpa
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: mean
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Average revenue per account (ARPA)
-- title [pt-BR]: Receita média por conta (ARPA)
-- definition [en]: What a paying account pays per month on average.
-- definition [pt-BR]: Quanto uma conta pagante paga por mês, em média.
-- formula [en]: MRR / paying accounts, both at the end of the last local day
-- formula [pt-BR]: MRR / contas pagantes, ambos no fim do último dia local
-- rules [en]: A few large accounts pull it up: the median is beside it. No paying account: null. Breakdowns use the
--   attribute on the last day.
-- rules [pt-BR]: Poucas contas grandes a puxam para cima: a mediana está ao lado. Nenhuma conta pagante: nulo. As
--   quebras usam o atributo no último dia.
-- reading [en]: Whether the business moves to larger or smaller customers.
-- reading [pt-BR]: Se o negócio vai para clientes maiores ou menores.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
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

want month 2026-02-01 = 656.67 (1970/3)
want month 2026-03-01 = 601.25 (2405/4)
want week 2026-02-02 = 464.00
want day 2026-01-12 = 700.00
*/
