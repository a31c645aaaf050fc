-- name: active_accounts_calendar_week
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: distinct count
-- grains: week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Weekly active accounts (calendar week)
-- title [pt-BR]: Contas ativas semanais (semana do calendário)
-- definition [en]: Accounts of which anybody had at least one qualifying event in the local calendar week.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta na semana local do calendário.
-- formula [en]: distinct accounts active on any local day of the week
-- formula [pt-BR]: contas distintas ativas em qualquer dia local da semana
-- rules [en]: Defined per week only. The week begins on the day that the company's settings say. The current week is
--   incomplete, and so is the one in which the data begin. Weeks cannot be summed: who was active in two of them would
--   count twice.
-- rules [pt-BR]: Definido só por semana. A semana começa no dia que as configurações da empresa dizem. A semana
--   corrente está incompleta, assim como aquela em que os dados começam. Semanas não se somam: quem esteve ativo em duas
--   delas contaria duas vezes.
-- reading [en]: The figure of a weekly report. Of a week that has passed it equals the figure of seven days; of the
--   current one it holds only the days so far, where the seven days look back into the week before.
-- reading [pt-BR]: O número de um relatório semanal. De uma semana encerrada é igual ao número de sete dias; da corrente
--   só tem os dias decorridos, enquanto os sete dias olham para trás, até a semana anterior.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
zone America/Sao_Paulo
now 2026-02-19 12:00
2026-02-01 23:30  ana@acme  page
2026-02-02 00:30  ben@acme  page
2026-02-04 10:00  ana@acme  "Report Created"
2026-02-08 23:59  bia@globex  page
2026-02-16 10:00  ana@acme  page

want week 2026-01-26 = 1 (1/) incomplete
want week 2026-02-02 = 2 (2/)
want week 2026-02-09 = null no_data
want week 2026-02-16 = 1 incomplete
*/
