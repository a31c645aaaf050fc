-- name: active_accounts_month
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: distinct count
-- grains: month
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active accounts (calendar month)
-- title [pt-BR]: Contas ativas mensais (mês do calendário)
-- definition [en]: Accounts of which anybody had at least one qualifying event in the calendar month.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta no mês do calendário.
-- formula [en]: distinct accounts active on any local day of the month
-- formula [pt-BR]: contas distintas ativas em qualquer dia local do mês
-- rules [en]: Defined per month only. Months have 28 to 31 days, so February falls by itself; for trends use the 28-day
--   figure. The current month is incomplete, and so is the one in which the data begin. Months cannot be summed: an
--   account active in two of them would count twice.
-- rules [pt-BR]: Definido só por mês. Os meses têm de 28 a 31 dias, e fevereiro cai por si só; para tendências use o
--   número de 28 dias. O mês corrente está incompleto, assim como aquele em que os dados começam. Meses não se somam:
--   uma conta ativa em dois deles contaria duas vezes.
-- reading [en]: How many customers used the product in the month; set beside the paying ones it shows who pays without
--   using.
-- reading [pt-BR]: Quantos clientes usaram o produto no mês; ao lado dos pagantes mostra quem paga sem usar.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
now 2026-03-10 12:00
active "Report Created" $page
2026-01-01 10:00  @acme  group plan=pro
2026-01-01 10:00  @globex  group plan=basic
2026-01-31 23:30  ana@acme  page
2026-02-03 10:00  ana@acme  "Signed In"
2026-02-10 10:00  ben@globex  "Report Created"
2026-02-15 10:00  @globex  group plan=pro
2026-02-20 10:00  ben@globex  page

want month 2026-01-01 = 1
want month 2026-02-01 = 1
want month 2026-02-01 by plan basic = 1
want month 2026-02-01 by plan pro = 1
want month 2026-03-01 = null no_data
*/
