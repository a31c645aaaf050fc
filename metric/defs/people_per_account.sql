-- name: people_per_account
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 28
-- of: accounts
-- title [en]: Active people per account
-- title [pt-BR]: Pessoas ativas por conta
-- definition [en]: How many people of an active account were active in the 28 days up to the last day of the period,
--   on average.
-- definition [pt-BR]: Quantas pessoas de uma conta ativa estiveram ativas nos 28 dias até o último dia do período, em
--   média.
-- formula [en]: sum over the active accounts of their active people / active accounts, in the days D-27 to D
-- formula [pt-BR]: soma entre as contas ativas das suas pessoas ativas / contas ativas, nos dias D-27 a D
-- rules [en]: Per account it is the number of its active people. Somebody of two accounts counts in each. Accounts
--   without any activity are left out. As long as the window begins before the first fact, the value is null.
-- rules [pt-BR]: Por conta é o número das suas pessoas ativas. Alguém de duas contas conta em cada uma. Contas sem
--   nenhuma atividade ficam fora. Enquanto a janela começa antes do primeiro fato, o valor é nulo.
-- reading [en]: The breadth of use: an account with many users survives the loss of one. It falls before the events
--   do.
-- reading [pt-BR]: A abrangência do uso: uma conta com muitos usuários sobrevive à perda de um. Ela cai antes dos
--   eventos.
SELECT v.grp AS grp, v.account AS unit, v.account AS account, t.period AS period, i64(count(DISTINCT v.key)) AS numerator
FROM {{presence 27}} AS v
JOIN {{trailing 28}} AS t ON t.day = v.day
WHERE v.account <> '' AND v.key <> 0
GROUP BY v.grp, v.account, t.period

/* example
now 2026-03-10 12:00
2026-01-20 10:00  ana@acme  page
2026-02-05 10:00  u{1..4}@acme  page x2
2026-02-25 10:00  u{1..2}@globex  page

want month 2026-02-01 = 3 (6/2) [0.0000..15.7062]
want month 2026-02-01 by account acme = 4 (4/1)
want week 2026-03-02 = 2 (2/1)
want month 2026-01-01 = null window_not_covered (1/1) incomplete
*/
