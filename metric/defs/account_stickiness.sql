-- name: account_stickiness
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: share of days
-- grains: month, week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- of: accounts
-- title [en]: Stickiness of accounts
-- title [pt-BR]: Aderência das contas
-- definition [en]: The mean of daily active accounts over the period as a share of the accounts active in it.
-- definition [pt-BR]: A média das contas ativas diárias no período como parte das contas ativas nele.
-- formula [en]: active days of all accounts / (accounts active in the period × days of the period that have passed)
-- formula [pt-BR]: dias ativos de todas as contas / (contas ativas no período × dias já decorridos do período)
-- rules [en]: An account is active on a day when anybody of it was. It is a ratio of sums, not the mean of daily
--   ratios. No account active: null. In the period in which the data begin only the days since then count, and it is
--   incomplete.
-- rules [pt-BR]: Uma conta está ativa em um dia quando alguém dela esteve. É uma razão de somas, não a média das
--   razões diárias. Nenhuma conta ativa: nulo. No período em que os dados começam contam só os dias desde então, e
--   ele está incompleto.
-- reading [en]: On how many days the product is used at all by a customer who uses it: 0.7 is every working day.
--   Large accounts reach it with few loyal people; read it with the stickiness of people.
-- reading [pt-BR]: Em quantos dias o produto é usado por um cliente que o usa: 0,7 são todos os dias úteis. Contas
--   grandes chegam lá com poucas pessoas fiéis; leia junto com a aderência das pessoas.
SELECT v.grp AS grp, v.account AS unit, v.account AS account, d.period AS period, i64(count(*)) AS numerator
FROM {{accountDays 0}} AS v
JOIN {{days}} AS d ON d.day = v.day
GROUP BY v.grp, v.account, d.period

/* example
now 2026-03-05 12:00
2026-02-01 10:00  ana@acme  page
2026-02-02 10:00  ben@acme  page x3
2026-02-02 11:00  ana@acme  page
2026-02-02 12:00  zoe  page
2026-02-10 10:00  cid@globex  page
2026-02-11 10:00  cid@globex  page
2026-03-03 10:00  cid@globex  page

want month 2026-02-01 = 0.0714 (4/56)
want month 2026-03-01 = 0.2 (1/5) incomplete
want week 2026-02-02 = 0.143 (1/7)
want week 2026-02-16 = null no_data
*/
