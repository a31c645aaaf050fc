-- name: active_users_week
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 6
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- title [en]: Weekly active users (7 days)
-- title [pt-BR]: Usuários ativos semanais (7 dias)
-- definition [en]: People with at least one qualifying event, signed in or not, in the seven local days that end with
--   the last day of the period.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta, identificadas ou não, nos sete dias locais que
--   terminam no último dia do período.
-- formula [en]: distinct people active on any of the days D-6 to D, D being the last day of the period (today, while it
--   is open)
-- formula [pt-BR]: pessoas distintas ativas em qualquer um dos dias D-6 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. A person is all ids joined
--   by identify and alias, also for events from before they were joined. By account or attribute, a person active in
--   two groups counts in both.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Uma pessoa são todos os ids
--   unidos por identify e alias, inclusive nos eventos anteriores à união. Por conta ou atributo, quem esteve ativo em
--   dois grupos conta nos dois.
-- reading [en]: How many people come back within a week. The window always holds each day of the week once, so weekends
--   do not bend the line. It suits products of a weekly rhythm.
-- reading [pt-BR]: Quantas pessoas voltam em uma semana. A janela tem sempre cada dia da semana uma vez, e os fins de
--   semana não entortam a linha. Serve a produtos de ritmo semanal.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
2026-02-01 10:00  eve  identify plan=none
2026-02-03 10:00  ana@acme  "Report Created"
2026-02-05 10:00  ana@globex  page
2026-02-08 23:59  ben@acme  page
2026-02-09 10:00  ana@acme  page  known 2026-02-18 08:00
2026-02-16 10:00  bia@globex  page

want day 2026-02-05 = null window_not_covered (1/) incomplete
want day 2026-02-07 = 1
want day 2026-02-08 = 2
want day 2026-02-09 = 2
want day 2026-02-09 known 2026-02-12 12:00 = 2
want day 2026-02-12 known 2026-02-12 12:00 = 1 incomplete
want day 2026-02-12 = 2
want day 2026-02-14 = 2
want day 2026-02-15 = 1
want day 2026-02-16 = 1
want day 2026-02-08 by account acme = 2
want day 2026-02-08 by account globex = 1
want week 2026-02-02 = 2
want week 2026-02-09 = 1
want week 2026-02-16 = 1 incomplete
want week 2026-02-16 as of 2026-02-15 = null not_started incomplete
want month 2026-02-01 = 1 incomplete
*/
