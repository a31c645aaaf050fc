-- name: stickiness_dau_wau
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: day, week
-- reach: 6
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 7
-- of: people
-- bounds: share
-- title [en]: Stickiness (DAU/WAU)
-- title [pt-BR]: Aderência (DAU/WAU)
-- definition [en]: The mean of daily active users over the seven days up to the last day of the period as a share of
--   the weekly active users of the same days.
-- definition [pt-BR]: A média dos usuários ativos diários nos sete dias até o último dia do período como parte dos
--   usuários ativos semanais dos mesmos dias.
-- formula [en]: active days of all people in the days D-6 to D / (people active in them × 7), which equals mean DAU /
--   WAU
-- formula [pt-BR]: dias ativos de todas as pessoas nos dias D-6 a D / (pessoas ativas neles × 7), o que é igual a
--   média do DAU / WAU
-- rules [en]: Seven days hold every day of the week once, so that weekends weigh the same on every day. As long as
--   they begin before the first fact, the value is null. The interval is that of a ratio of sums over people.
-- rules [pt-BR]: Sete dias têm cada dia da semana uma vez, de modo que os fins de semana pesam igual em todo dia.
--   Enquanto eles começam antes do primeiro fato, o valor é nulo. O intervalo é o de uma razão de somas entre
--   pessoas.
-- reading [en]: How many days of a week an active person comes: 0.71 is every working day, 0.14 one day a week.
-- reading [pt-BR]: Em quantos dias da semana vem uma pessoa ativa: 0,71 são todos os dias úteis, 0,14 um dia por
--   semana.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, t.period AS period,
  i64(count(*)) AS numerator, 7 AS denominator
FROM {{personDays 6}} AS v
JOIN {{trailing 7}} AS t ON t.day = v.day
GROUP BY v.grp, v.key, t.period

/* example
now 2026-02-20 12:00
2026-02-02 10:00  ana@acme  page x3
2026-02-03 10:00  ana@acme  page
2026-02-04 10:00  ana@acme  page
2026-02-08 10:00  ana@acme  page
2026-02-05 10:00  ben@globex  page
2026-02-09 10:00  ben@globex  page

want day 2026-02-07 = null window_not_covered (4/14) incomplete
want day 2026-02-08 = 0.357 (5/14)
want day 2026-02-09 = 0.357 (5/14)
want day 2026-02-09 by account acme = 0.43 (3/7)
want day 2026-02-16 = null no_data
want week 2026-02-02 = 0.357 (5/14)
want week 2026-02-09 as of 2026-02-11 = 0.214 (3/14) incomplete
*/
