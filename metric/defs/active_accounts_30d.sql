-- name: active_accounts_30d
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 29
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active accounts (30 days)
-- title [pt-BR]: Contas ativas mensais (30 dias)
-- definition [en]: Accounts of which anybody had at least one qualifying event in the 30 local days that end with the
--   last day of the period.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta nos 30 dias locais que terminam no
--   último dia do período.
-- formula [en]: distinct accounts active on any of the days D-29 to D, D being the last day of the period (today, while
--   it is open)
-- formula [pt-BR]: contas distintas ativas em qualquer um dos dias D-29 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. An event belongs to the
--   account it names, else to the person's account at the time.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Um evento pertence à conta
--   que ele nomeia, senão à conta da pessoa naquele momento.
-- reading [en]: The same reach as the 28-day figure, over the window that many analytics tools and data warehouses
--   take, so that the two can be laid side by side. 30 days hold two weekdays five times and the others four, which
--   makes the line tremble: for trends use the 28-day figure.
-- reading [pt-BR]: O mesmo alcance do número de 28 dias, na janela que muitas ferramentas de análise e data warehouses
--   usam, para que os dois possam ser postos lado a lado. 30 dias têm dois dias da semana cinco vezes e os outros
--   quatro, o que faz a linha tremer: para tendências use o número de 28 dias.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
now 2026-05-10 12:00
2026-03-01 10:00  @acme  group plan=pro
2026-03-02 10:00  ana@acme  page
2026-03-20 10:00  bia@globex  page
2026-04-03 10:00  ben@acme  page

want day 2026-03-29 = null window_not_covered (2/) incomplete
want day 2026-03-30 = 2
want day 2026-04-01 = 1
want day 2026-04-03 = 2
want day 2026-04-18 = 2
want day 2026-04-19 = 1
want week 2026-03-30 = 2
want month 2026-03-01 = 2
want month 2026-04-01 = 1
*/
