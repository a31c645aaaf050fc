-- name: usage_expansion_mrr
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
-- title [en]: Expansion by metered use
-- title [pt-BR]: Expansão por consumo
-- definition [en]: Expansion from metered use that grew.
-- definition [pt-BR]: Expansão vinda de consumo medido que cresceu.
-- formula [en]: sum over the expansions of accounts of the part that this explains; quantity first at the old price,
--   then the price (plan, contractual adjustment or price), then the discount, then metered use
-- formula [pt-BR]: soma, nas expansões das contas, da parte que isto explica; primeiro a quantidade ao preço antigo,
--   depois o preço (plano, reajuste contratual ou preço), depois o desconto, depois o consumo
-- rules [en]: None until setting conventions counts metered use in MRR (metered). The parts of an expansion add up to it exactly; within one account and day a part may be negative, as
--   when seats go and the price rises more. Amounts are at the rates of their day; a change within a day is netted.
--   Breakdowns use the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: Não há nenhuma enquanto a configuração conventions não conta o consumo no MRR (metered). As partes de uma expansão somam exatamente o total; dentro de uma conta e um dia uma parte pode ser
--   negativa, como quando há menos licenças e o preço sobe mais. Os valores usam as taxas do dia; o que muda dentro
--   de um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Beside expansion MRR it tells where growth within customers comes from.
-- reading [pt-BR]: Ao lado do MRR de expansão, diz de onde vem o crescimento dentro dos clientes.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'expansion' AND m.part = 'usage'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
zone America/Sao_Paulo
now 2026-06-10 12:00
set conventions {"metered": true}
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-20 10:00  @acme  "Usage Billed" subscription=a amount=30 currency=BRL
2026-02-20 10:00  @acme  "Usage Billed" subscription=a amount=60 currency=BRL
2026-03-20 10:00  @acme  "Usage Billed" subscription=a amount=33.01 currency=BRL

want month 2026-02-01 = 30.00
want month 2026-03-01 = 15.00
want month 2026-04-01 = 0
want week 2026-01-26 = 30.00
*/
