-- name: expanded_accounts_rate
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Accounts that expanded
-- title [pt-BR]: Contas que expandiram
-- definition [en]: Of the accounts that paid at the start of the period, the share that expanded in it.
-- definition [pt-BR]: Das contas que pagavam no início do período, a parte que expandiu nele.
-- formula [en]: accounts with expansion MRR in the period / accounts with an MRR above zero at the end of the day
--   before it
-- formula [pt-BR]: contas com MRR de expansão no período / contas com MRR acima de zero no fim do dia anterior a ele
-- rules [en]: An account counts once; that it contracted, too, does not matter. No paying account at the start: null.
--   Breakdowns use the attribute on the first day.
-- rules [pt-BR]: Uma conta conta uma vez; não importa que também tenha contraído. Nenhuma conta pagante no início:
--   nulo. As quebras usam o atributo no primeiro dia.
-- reading [en]: How widely growth within customers is spread: expansion of a few large accounts looks the same in
--   money.
-- reading [pt-BR]: Quão espalhado está o crescimento dentro dos clientes: a expansão de poucas contas grandes parece
--   igual em dinheiro.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN coalesce(e.more, 0) > 0 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{payingAt "start"}} AS s
LEFT JOIN (SELECT m.account AS account, m.period AS period, sum(m.constant) AS more FROM {{movements "unfiltered"}} AS m WHERE m.kind = 'expansion' GROUP BY m.account, m.period) AS e
  ON e.account = s.account AND e.period = s.period

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

want month 2026-02-01 = 0.25 (1/4)
want month 2026-03-01 = 0.3333 (1/3)
want week 2026-02-02 = 0.25 (1/4)
*/
