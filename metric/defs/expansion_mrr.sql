-- name: expansion_mrr
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
-- title [en]: Expansion MRR
-- title [pt-BR]: MRR de expansão
-- definition [en]: What customers pay more than the day before.
-- definition [pt-BR]: O que os clientes pagam a mais que no dia anterior.
-- formula [en]: sum over accounts and local days of the increase of their MRR, of those that paid before and after
-- formula [pt-BR]: soma, entre contas e dias locais, do aumento do MRR de quem pagava antes e continua pagando
-- rules [en]: Compared per account: one product lost and another gained is the difference. Its parts (cross-sell,
--   plan, seats, price, discount, use) add up to it and are on the page Revenue. A pause that ends is not expansion.
--   Amounts are at the rates of their day; a change within a day is netted. Breakdowns use the attribute at the end
--   of the day on which the MRR moved.
-- rules [pt-BR]: Comparado por conta: um produto perdido e outro ganho contam pela diferença. As partes (cross-sell,
--   plano, licenças, preço, desconto, uso) somam o total e estão na página Receita. O fim de uma pausa não é
--   expansão. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado. As quebras usam o atributo
--   no fim do dia em que o MRR se moveu.
-- reading [en]: Growth that costs no new customer. Look at the parts: a price rise is not adoption.
-- reading [pt-BR]: Crescimento que não custa um cliente novo. Olhe as partes: um reajuste não é adoção.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'expansion'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 370.00
want month 2026-03-01 = 612.00
want week 2026-02-02 = 370.00
*/
