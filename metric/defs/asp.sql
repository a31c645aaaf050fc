-- name: asp
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: mean
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Average selling price (ASP)
-- title [pt-BR]: Preço médio de venda (ASP)
-- definition [en]: What a new account pays per month on average when it begins.
-- definition [pt-BR]: Quanto uma conta nova paga por mês, em média, ao começar.
-- formula [en]: new MRR / accounts that pay for the first time
-- formula [pt-BR]: MRR novo / contas que pagam pela primeira vez
-- rules [en]: No new account: null. Amounts are at the rates of their day; a change within a day is netted.
--   Breakdowns use the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: Nenhuma conta nova: nulo. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado.
--   As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Beside the average of all accounts it tells whether new customers are larger or smaller than those
--   you have.
-- reading [pt-BR]: Ao lado da média de todas as contas, diz se os clientes novos são maiores ou menores que os
--   atuais.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'new'
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

want month 2026-01-01 = 412.50 (1650/4)
want month 2026-02-01 = 300.00 (300/1)
want month 2026-03-01 = null zero_denominator (0/0)
want week 2026-01-12 = 216.67 (650/3)
*/
