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
as in new_mrr

want month 2026-01-01 = 4
want month 2026-02-01 = 3
want month 2026-03-01 = 4
want week 2026-02-02 = 5
want day 2026-01-12 = 2
*/
