-- name: active_users_calendar_week
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: distinct count
-- grains: week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Weekly active users (calendar week)
-- title [pt-BR]: Usuários ativos semanais (semana do calendário)
-- definition [en]: People with at least one qualifying event, signed in or not, in the local calendar week.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta, identificadas ou não, na semana local do calendário.
-- formula [en]: distinct people active on any local day of the week
-- formula [pt-BR]: pessoas distintas ativas em qualquer dia local da semana
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
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
zone America/Sao_Paulo
now 2026-02-19 12:00
2026-02-01 23:30  ana@acme  page
2026-02-02 00:30  ben@acme  page
2026-02-04 10:00  ana@acme  "Report Created"
2026-02-06 10:00  ana@acme  page
2026-02-08 23:59  bia@globex  page
2026-02-09 00:00  cid@globex  page  known 2026-02-18 10:00
2026-02-15 10:00  ben@acme  page
2026-02-17 10:00  ana@acme  page

want week 2026-01-26 = 1 (1/) incomplete
want week 2026-02-02 = 3 (3/)
want week 2026-02-02 by account acme = 2
want week 2026-02-02 as of 2026-02-04 = 2 incomplete
want week 2026-02-09 = 2
want week 2026-02-09 known 2026-02-17 12:00 = 1
want week 2026-02-16 = 1 incomplete
*/
