-- name: paying_accounts
-- group: revenue
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Paying accounts
-- title [pt-BR]: Contas pagantes
-- definition [en]: Accounts with an MRR above zero at the end of the period.
-- definition [pt-BR]: Contas com MRR acima de zero no fim do período.
-- formula [en]: accounts whose subscriptions have together an MRR above zero at the end of the last local day
-- formula [pt-BR]: contas cujas assinaturas somam um MRR acima de zero no fim do último dia local
-- rules [en]: Paused customers pay nothing and are not in it. Breakdowns use the attribute on the last day.
-- rules [pt-BR]: Clientes em pausa não pagam e ficam fora. As quebras usam o atributo no último dia.
-- reading [en]: The number of customers behind the MRR.
-- reading [pt-BR]: O número de clientes por trás do MRR.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, 1 AS numerator
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

want month 2026-01-01 = 4
want month 2026-02-01 = 3
want month 2026-03-01 = 4
want week 2026-02-02 = 5
want day 2026-01-12 = 2
*/
