-- name: active_accounts_day
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: daily mean
-- grains: day, week, month
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Daily active accounts
-- title [pt-BR]: Contas ativas diárias
-- definition [en]: Accounts of which anybody had at least one qualifying event on a local day. Per week and per month:
--   the mean over the days.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta em um dia local. Por semana e por mês: a
--   média dos dias.
-- formula [en]: distinct accounts active on the day; per week or month, active days of all accounts / days of the
--   period that have passed
-- formula [pt-BR]: contas distintas ativas no dia; por semana ou mês, dias ativos de todas as contas / dias já
--   decorridos do período
-- rules [en]: An event belongs to the account it names, else to the person's account at the time; events without an
--   account count for nobody here. A day on which nothing at all was received is no data, not zero. In the period in
--   which the data begin, only the days since then are averaged, and it is not complete.
-- rules [pt-BR]: Um evento pertence à conta que ele nomeia, senão à conta da pessoa naquele momento; eventos sem conta
--   não contam aqui. Um dia em que nada foi recebido é sem dados, não zero. No período em que os dados começam, a média
--   é só dos dias desde então, e ele não está completo.
-- reading [en]: How many customers use the product on a day. Set beside daily active users it shows whether use is
--   spread over many customers or concentrated in a few.
-- reading [pt-BR]: Quantos clientes usam o produto em um dia. Ao lado dos usuários ativos diários mostra se o uso está
--   espalhado por muitos clientes ou concentrado em poucos.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
zone Europe/Lisbon
now 2026-03-31 12:00
2026-03-28 10:00  @acme  group plan=pro
2026-03-28 23:30  ana@acme  "Report Created"
2026-03-29 00:30  ben@acme  page
2026-03-29 02:30  ana@acme  page
2026-03-29 22:00  bia@globex  page
2026-03-30 09:00  bia@  page
2026-03-30 10:00  bia@  "Report Created"

want day 2026-03-28 = 1
want day 2026-03-29 = 2
want day 2026-03-30 = 0
want day 2026-03-29 by plan pro = 1
want week 2026-03-23 = 1.5 (3/2) incomplete
want month 2026-03-01 = 0.75 (3/4) incomplete
*/
