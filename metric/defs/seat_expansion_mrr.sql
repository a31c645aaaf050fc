-- name: seat_expansion_mrr
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
-- title [en]: Expansion by seats
-- title [pt-BR]: Expansão por licenças
-- definition [en]: Expansion from more units (seats), at the price they had before.
-- definition [pt-BR]: Expansão vinda de mais unidades (licenças), ao preço que tinham antes.
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
WHERE m.kind = 'expansion' AND m.part = 'seats'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 200.00
want week 2026-02-02 = 200.00
*/
