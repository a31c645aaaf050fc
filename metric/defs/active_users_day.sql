-- name: active_users_day
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: daily mean
-- grains: day, week, month
-- reach: 0
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- title [en]: Daily active users
-- title [pt-BR]: Usuários ativos diários
-- definition [en]: People with at least one qualifying event on a local day, signed in or not. Per week and per month:
--   the mean over the days.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta em um dia local, identificadas ou não. Por semana e
--   por mês: a média dos dias.
-- formula [en]: distinct people active on the day; per week or month, active days of all people / days of the period
--   that have passed
-- formula [pt-BR]: pessoas distintas ativas no dia; por semana ou mês, dias ativos de todas as pessoas / dias já
--   decorridos do período
-- rules [en]: The day is that of the company's time zone and a session across midnight counts on both days. A person is
--   all ids joined by identify and alias, also for events from before they were joined. A day on which nothing at all
--   was received is no data, not zero. In the period in which the data begin, only the days since then are averaged,
--   and it is not complete. By account or attribute, a person active in two groups counts in both.
-- rules [pt-BR]: O dia é o do fuso horário da empresa, e uma sessão que passa da meia-noite conta nos dois dias. Uma
--   pessoa são todos os ids unidos por identify e alias, inclusive nos eventos anteriores à união. Um dia em que nada
--   foi recebido é sem dados, não zero. No período em que os dados começam, a média é só dos dias desde então, e ele
--   não está completo. Por conta ou atributo, quem esteve ativo em dois grupos conta nos dois.
-- reading [en]: How many people use the product on a day. Weekends and holidays move it, so compare a day with the same
--   day of the week before. It suits products that are used every working day.
-- reading [pt-BR]: Quantas pessoas usam o produto em um dia. Fins de semana e feriados a movem; compare um dia com o
--   mesmo dia da semana anterior. Serve a produtos usados todo dia útil.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
zone America/Sao_Paulo
now 2026-02-16 12:00
2026-02-02 10:00  ana@acme  "Report Created"
2026-02-02 23:30  ben@acme  page
2026-02-03 00:10  ana@acme  page
2026-02-03 09:00  ana@acme  "Report Created" x3
2026-02-03 09:00  anon:b1@globex  page
2026-02-04 10:00  ben@acme  "Report Created"  known 2026-02-10 09:00
2026-02-05 10:00  eve  identify plan=none
2026-02-09 08:00  bia@globex  identify anon:b1

want day 2026-02-02 = 2
want day 2026-02-03 = 2
want day 2026-02-04 = 1
want day 2026-02-04 known 2026-02-06 12:00 = null no_data
want day 2026-02-05 = 0
want day 2026-02-06 = null no_data
want day 2026-02-17 = null not_started incomplete
want day 2026-02-02 by account acme = 2
want week 2026-02-02 = 0.7143 (5/7)
want month 2026-02-01 = 0.3333 (5/15) incomplete
*/
