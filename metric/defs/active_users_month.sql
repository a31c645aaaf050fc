-- name: active_users_month
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: distinct count
-- grains: month
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active users (calendar month)
-- title [pt-BR]: Usuários ativos mensais (mês do calendário)
-- definition [en]: People with at least one qualifying event, signed in or not, in the calendar month.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta, identificadas ou não, no mês do calendário.
-- formula [en]: distinct people active on any local day of the month
-- formula [pt-BR]: pessoas distintas ativas em qualquer dia local do mês
-- rules [en]: Defined per month only. Months have 28 to 31 days, so February falls by itself; for trends use the 28-day
--   figure. The current month is incomplete, and so is the one in which the data begin. Months cannot be summed: a
--   person active in two of them would count twice.
-- rules [pt-BR]: Definido só por mês. Os meses têm de 28 a 31 dias, e fevereiro cai por si só; para tendências use o
--   número de 28 dias. O mês corrente está incompleto, assim como aquele em que os dados começam. Meses não se somam:
--   quem esteve ativo em dois deles contaria duas vezes.
-- reading [en]: The figure that boards and investors usually ask for.
-- reading [pt-BR]: O número que conselhos e investidores costumam pedir.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-31 23:30  ana@acme  page
2026-02-01 00:30  ben@acme  page
2026-02-10 10:00  ana@acme  "Report Created"
2026-02-20 10:00  ana@acme  page
2026-02-28 23:59  bia@globex  page
2026-03-01 00:00  cid@globex  page  known 2026-03-05 10:00

want month 2026-01-01 = 1 (1/) incomplete
want month 2026-02-01 = 3 (3/)
want month 2026-02-01 as of 2026-02-15 = 2 incomplete
want month 2026-03-01 = 1 incomplete
want month 2026-03-01 known 2026-03-04 10:00 = null no_data
*/
