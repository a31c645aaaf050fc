-- name: stickiness
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: share of days
-- grains: month, week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Stickiness (DAU/MAU)
-- title [pt-BR]: Aderência (DAU/MAU)
-- definition [en]: The mean of daily active users over the month as a share of the calendar month's active users; per
--   week, over the week's.
-- definition [pt-BR]: A média dos usuários ativos diários no mês como parte dos usuários ativos do mês do calendário;
--   por semana, dos da semana.
-- formula [en]: active days of all people / (people active in the period × days of the period that have passed), which
--   equals mean DAU / MAU
-- formula [pt-BR]: dias ativos de todas as pessoas / (pessoas ativas no período × dias já decorridos do período), o que
--   é igual a média do DAU / MAU
-- rules [en]: It is a ratio of sums, not the mean of daily ratios. Nobody active: null. The interval is that of the
--   mean over people of their share of active days. In the period in which the data begin only the days since then
--   count, and it is incomplete. People who joined inside the period have a lower ceiling.
-- rules [pt-BR]: É uma razão de somas, não a média das razões diárias. Ninguém ativo: nulo. O intervalo é o da média,
--   entre as pessoas, da parte de dias ativos de cada uma. No período em que os dados começam contam só os dias desde
--   então, e ele está incompleto. Quem entrou durante o período tem um teto menor.
-- reading [en]: On how many of the days an active person came: 0.2 is one working day of five or six days a month. A
--   product of a weekly rhythm should not be judged by it; look at the weekly figure there.
-- reading [pt-BR]: Em quantos dos dias uma pessoa ativa veio: 0,2 são seis dias por mês. Um produto de ritmo semanal
--   não deve ser julgado por ela; veja ali o número por semana.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, d.period AS period,
  i64(count(*)) AS numerator
FROM {{personDays 0}} AS v
JOIN {{days}} AS d ON d.day = v.day
GROUP BY v.grp, v.key, d.period

/* example
now 2026-03-05 12:00
2026-02-01 09:00  eve  identify plan=none
2026-02-02 10:00  ana@acme  page x3
2026-02-03 10:00  ana@acme  page
2026-02-04 10:00  ana@acme  page
2026-02-04 11:00  ana@globex  page
2026-02-05 10:00  ana@acme  page
2026-02-04 10:00  ben@acme  page
2026-02-25 10:00  ben@acme  page
2026-03-02 10:00  cid@acme  page
2026-03-04 10:00  cid@acme  page

want month 2026-02-01 = 0.10714 (6/56) [0.0000..0.5609]
want week 2026-02-02 = 0.35714 (5/14) [0.0000..1.0000]
want week 2026-02-09 = null no_data
want month 2026-03-01 = 0.4 (2/5) incomplete
want month 2026-02-01 by account globex = 0.0357 (1/28)
*/
