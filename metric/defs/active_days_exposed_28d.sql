-- name: active_days_exposed_28d
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 28
-- of: people
-- bounds: share
-- title [en]: Active days by exposure (28 days)
-- title [pt-BR]: Dias ativos pela exposição (28 dias)
-- definition [en]: The share of the days of the 28 up to the last day of the period on which the people active in
--   them were active, counting for each only the days since he or she joined.
-- definition [pt-BR]: A parte dos 28 dias até o último dia do período em que estiveram ativas as pessoas ativas
--   neles, contando para cada uma só os dias desde que entrou.
-- formula [en]: active days of all people in the days D-27 to D / days of the window since each joined
-- formula [pt-BR]: dias ativos de todas as pessoas nos dias D-27 a D / dias da janela desde que cada uma entrou
-- rules [en]: Somebody joins on the earlier of the trait created_at and the first qualifying event of all history,
--   never the first event inside the window. As long as the window begins before the first fact, the value is null.
-- rules [pt-BR]: Alguém entra no primeiro entre o atributo created_at e o primeiro evento que conta em toda a
--   história, nunca no primeiro evento dentro da janela. Enquanto a janela começa antes do primeiro fato, o valor é
--   nulo.
-- reading [en]: In months of many new people the plain stickiness falls because they had no time yet; this figure
--   does not. When both fall, the habit weakens.
-- reading [pt-BR]: Em meses com muita gente nova a aderência simples cai porque elas ainda não tiveram tempo; este
--   número não. Quando os dois caem, o hábito enfraquece.
SELECT x.of_group AS grp, x.person_id AS unit, x.account_id AS account, x.in_period AS period,
  x.active_days AS numerator, i64(least(coalesce(x.last_day - f.first_day + 1, 28), 28)) AS denominator
FROM (
  SELECT v.grp AS of_group, v.key AS person_key, min(v.person) AS person_id, min(v.account) AS account_id,
    t.period AS in_period, max(t.last) AS last_day, i64(count(*)) AS active_days
  FROM {{personDays 27}} AS v
  JOIN {{trailing 28}} AS t ON t.day = v.day
  GROUP BY v.grp, v.key, t.period
) AS x
LEFT JOIN {{firsts 27}} AS f ON f.key = x.person_key

/* example
now 2026-03-20 12:00
2026-01-20 10:00  ana@acme  page
2026-02-20 10:00  ana@acme  page
2026-02-27 10:00  ben@acme  page
2026-02-28 10:00  ben@acme  page
2026-02-28 10:00  cid@globex  page
2026-02-28 09:00  cid@globex  identify created_at=2026-02-19T10:00:00Z
2026-02-24 10:00  ben@acme  page  known 2026-03-18 10:00

want month 2026-02-01 = 0.116 (5/43)
want month 2026-02-01 known 2026-03-05 12:00 = 0.1 (4/40)
want month 2026-02-01 by account globex = 0.1 (1/10)
want week 2026-02-23 = 0.111 (5/45)
want month 2026-01-01 = null window_not_covered (1/12) incomplete
*/
