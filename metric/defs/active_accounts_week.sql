-- name: active_accounts_week
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 6
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Weekly active accounts (7 days)
-- title [pt-BR]: Contas ativas semanais (7 dias)
-- definition [en]: Accounts of which anybody had at least one qualifying event in the seven local days that end with
--   the last day of the period.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta nos sete dias locais que terminam no
--   último dia do período.
-- formula [en]: distinct accounts active on any of the days D-6 to D, D being the last day of the period (today, while
--   it is open)
-- formula [pt-BR]: contas distintas ativas em qualquer um dos dias D-6 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. An event belongs to the
--   account it names, else to the person's account at the time.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Um evento pertence à conta
--   que ele nomeia, senão à conta da pessoa naquele momento.
-- reading [en]: How many accounts come back within a week. The window always holds each day of the week once, so
--   weekends do not bend the line. It suits products of a weekly rhythm.
-- reading [pt-BR]: Quantas contas voltam em uma semana. A janela tem sempre cada dia da semana uma vez, e os fins de
--   semana não entortam a linha. Serve a produtos de ritmo semanal.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
zone Europe/Lisbon
now 2026-04-20 12:00
2026-03-20 10:00  @acme  group plan=pro
2026-03-20 10:00  @globex  group plan=basic
2026-03-25 10:00  ana@acme  page
2026-03-26 10:00  ben@acme  page
2026-03-29 00:30  bia@globex  page
2026-03-29 23:30  bia  page
2026-04-10 10:00  ana@acme  page

want day 2026-03-25 = null window_not_covered (1/) incomplete
want day 2026-03-28 = 1
want day 2026-03-29 = 2
want day 2026-04-01 = 2
want day 2026-04-02 = 1
want day 2026-04-04 = 1
want day 2026-04-05 = null no_data
want day 2026-04-01 by plan pro = 1
want week 2026-03-23 = 2
want month 2026-03-01 = 2
want month 2026-04-01 = null no_data incomplete
want month 2026-04-01 as of 2026-04-16 = 1 incomplete
*/
