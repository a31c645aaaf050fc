-- name: stickiness_daily_mean
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: 54
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 55
-- of: others
-- bounds: share
-- title [en]: Stickiness (mean of daily DAU/MAU)
-- title [pt-BR]: Aderência (média do DAU/MAU diário)
-- definition [en]: The mean, over the 28 days up to the last day of the period, of each day's share: the people active on
--   the day among those active in the 28 days up to it.
-- definition [pt-BR]: A média, nos 28 dias até o último dia do período, da parte de cada dia: as pessoas ativas no dia
--   entre as ativas nos 28 dias até ele.
-- formula [en]: mean over the days d from D-27 to D of (people active on d / people active on any of the days d-27 to d)
-- formula [pt-BR]: média, nos dias d de D-27 a D, de (pessoas ativas em d / pessoas ativas em qualquer um dos dias d-27 a
--   d)
-- rules [en]: A mean of ratios, and named so: small days weigh as much as large ones. The rows are the days. A day up to
--   which nobody was active for 28 days has no ratio and is left out. As long as the 55 days that it takes begin before
--   the first fact, the value is null. The interval is that of the mean over days; days that follow one another are
--   alike, so it is rather too narrow.
-- rules [pt-BR]: Uma média de razões, e assim chamada: dias pequenos pesam tanto quanto os grandes. As linhas são os dias.
--   Um dia até o qual ninguém esteve ativo por 28 dias não tem razão e fica fora. Enquanto os 55 dias de que ela precisa
--   começam antes do primeiro fato, o valor é nulo. O intervalo é o da média entre os dias; dias seguidos se parecem, por
--   isso ele é antes estreito demais.
-- reading [en]: What tools show that average the daily line. While the base grows it lies above the plain stickiness,
--   because each day is held against the smaller base of its own 28 days.
-- reading [pt-BR]: O que mostram ferramentas que tiram a média da linha diária. Enquanto a base cresce fica acima da
--   aderência simples, porque cada dia é posto contra a base menor dos seus próprios 28 dias.
SELECT x.of_group AS grp, fmtDate(x.on_day, '%Y-%m-%d') AS unit, '' AS account, x.in_period AS period,
  f64(x.came) / x.reached AS numerator
FROM (
  SELECT s.of_group AS of_group, t.period AS in_period, t.day AS on_day,
    i64(sum(CASE WHEN s.passed = 0 THEN s.people ELSE 0 END)) AS came, i64(sum(s.people)) AS reached
  FROM (
    SELECT g.grp AS of_group, addDaysN(g.from_day, o.ago) AS day, o.ago AS passed, i64(count(*)) AS people
    FROM (
      SELECT v.grp AS grp, v.day AS from_day,
        i64(least(coalesce(lead(toNullable(v.day)) OVER (PARTITION BY {{apart "v.grp"}}v.key ORDER BY v.day) - v.day, 28), 28)) AS gap
      FROM {{personDays 54}} AS v
    ) AS g
    CROSS JOIN (SELECT DISTINCT k.ago AS ago FROM {{trailing 28}} AS k) AS o
    WHERE o.ago < g.gap
    GROUP BY g.grp, g.from_day, o.ago
  ) AS s
  JOIN {{trailing 28}} AS t ON t.day = s.day
  GROUP BY s.of_group, t.period, t.day
) AS x

/* example
now 2026-03-10 12:00
2026-01-01 10:00  ana@acme  page
2026-01-20 10:00  u{1..3}@acme  page
2026-02-10 10:00  ana@acme  page
2026-02-20 10:00  u{1..3}@globex  page
2026-02-25 10:00  ana@acme  page

want week 2026-02-16 = null window_not_covered (1.0000/28) incomplete
want week 2026-02-23 = 0.0446 (1.2500/28)
want week 2026-02-23 by account acme = 0.0446 (1.2500/28)
want month 2026-02-01 = 0.0446 (1.2500/28)
*/
