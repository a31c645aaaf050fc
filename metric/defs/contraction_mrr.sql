-- name: contraction_mrr
-- group: revenue
-- unit: money
-- direction: down
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Contraction MRR
-- title [pt-BR]: MRR de contração
-- definition [en]: What customers pay less than the day before, without leaving.
-- definition [pt-BR]: O que os clientes pagam a menos que no dia anterior, sem sair.
-- formula [en]: sum over accounts and local days of the decrease of their MRR, of those that paid before and remain
--   customers
-- formula [pt-BR]: soma, entre contas e dias locais, da queda do MRR de quem pagava antes e continua cliente
-- rules [en]: Shown as a positive amount. Losing one of two subscriptions is contraction; losing the last is churn.
--   Pausing one is paused MRR. Amounts are at the rates of their day; a change within a day is netted. Breakdowns use
--   the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: Mostrado como valor positivo. Perder uma de duas assinaturas é contração; perder a última é churn.
--   Pausar uma é MRR pausado. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado. As quebras
--   usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Often the step before leaving. Its parts say whether seats, price or a discount moved.
-- reading [pt-BR]: Muitas vezes é o passo antes da saída. As partes dizem se foram licenças, preço ou desconto.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(-sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'contraction'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 100.00
want month 2026-03-01 = 132.00
want week 2026-02-09 = 100.00
*/
