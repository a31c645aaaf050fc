-- name: new_mrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: New MRR
-- title [pt-BR]: MRR novo
-- definition [en]: MRR of accounts that pay for the first time ever.
-- definition [pt-BR]: MRR de contas que pagam pela primeira vez.
-- formula [en]: sum over accounts of their MRR at the end of the local day on which they began to pay, never having
--   paid before
-- formula [pt-BR]: soma, entre as contas, do MRR no fim do dia local em que começaram a pagar, sem nunca terem pago
--   antes
-- rules [en]: Who paid before, however long ago, is a reactivation (unless setting conventions limits it). A second
--   subscription of a customer is expansion. Amounts are at the rates of their day; a change within a day is netted.
--   Breakdowns use the attribute at the end of the day on which the MRR moved.
--   An account that begins and ends within the period counts here unless the conventions leave it out
--   (new_and_lost).
-- rules [pt-BR]: Quem já pagou, por mais tempo que faça, é reativação (a menos que a configuração de convenções
--   limite). Uma segunda assinatura de um cliente é expansão. Os valores usam as taxas do dia; o que muda dentro de
--   um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se moveu.
--   Uma conta que começa e termina dentro do período conta aqui, a não ser que as convenções a deixem de fora
--   (new_and_lost).
-- reading [en]: What sales bring in. Beside churned MRR it tells whether the bucket fills faster than it leaks.
-- reading [pt-BR]: O que a venda traz. Ao lado do MRR perdido, diz se o balde enche mais rápido do que vaza.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'new'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

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

want month 2026-01-01 = 1650.00
want month 2026-02-01 = 300.00
want week 2026-02-02 = 300.00
*/
