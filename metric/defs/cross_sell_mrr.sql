-- name: cross_sell_mrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Expansion by cross-sell
-- title [pt-BR]: Expansão por cross-sell
-- definition [en]: Expansion from product families that the customer did not hold before.
-- definition [pt-BR]: Expansão vinda de famílias de produto que o cliente ainda não tinha.
-- formula [en]: sum over the expansions of accounts of the part that this explains; quantity first at the old price,
--   then the price (plan, contractual adjustment or price), then the discount
-- formula [pt-BR]: soma, nas expansões das contas, da parte que isto explica; primeiro a quantidade ao preço antigo,
--   depois o preço (plano, reajuste contratual ou preço), depois o desconto
-- rules [en]: The parts of an expansion add up to it exactly; within one account and day a part may be negative, as
--   when seats go and the price rises more. Amounts are at the rates of their day; a change within a day is netted.
--   Breakdowns use the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: As partes de uma expansão somam exatamente o total; dentro de uma conta e um dia uma parte pode ser
--   negativa, como quando há menos licenças e o preço sobe mais. Os valores usam as taxas do dia; o que muda dentro
--   de um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Beside expansion MRR it tells where growth within customers comes from.
-- reading [pt-BR]: Ao lado do MRR de expansão, diz de onde vem o crescimento dentro dos clientes.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'expansion' AND m.part = 'cross_sell'
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

want month 2026-02-01 = 50.00
want week 2026-02-02 = 50.00
*/
