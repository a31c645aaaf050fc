-- name: team_habit_rate
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: 27
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- of: people
-- title [en]: Team with a weekly habit
-- title [pt-BR]: Equipe com hábito semanal
-- definition [en]: Of the team that used the product in the last four weeks, the share who used it in at least three
--   of them.
-- definition [pt-BR]: Da equipe que usou o produto nas últimas quatro semanas, a parte que o usou em pelo menos três
--   delas.
-- formula [en]: people active in at least 3 of the 4 blocks of 7 days that end with the period / people active in
--   those 28 days
-- formula [pt-BR]: pessoas ativas em pelo menos 3 dos 4 blocos de 7 dias que terminam com o período / pessoas ativas
--   nesses 28 dias
-- rules [en]: The second mission of adoption. The blocks are counted back from the period's last day, or from the last
--   one read, whatever weekday it is. In a breakdown a person counts in each group in which they were active.
-- rules [pt-BR]: A segunda missão da adoção. Os blocos são contados para trás a partir do último dia do período, ou do
--   último lido, seja qual for o dia da semana. Em uma quebra, uma pessoa conta em cada grupo em que esteve ativa.
-- reading [en]: A habit of the team outlives the person who introduced the product. Below a half, the account depends
--   on few people.
-- reading [pt-BR]: Um hábito da equipe sobrevive a quem trouxe o produto. Abaixo da metade, a conta depende de poucas
--   pessoas.
SELECT x.grp AS grp, x.person AS unit, x.account AS account, x.period AS period,
  CASE WHEN x.weeks >= 3 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT r.grp AS grp, r.person AS person, min(r.account) AS account, w.period AS period, i64(count(*)) AS weeks
  FROM (
    SELECT v.grp AS grp, v.person AS person, v.account AS account, v.day AS from_day,
      least(addDaysN(v.day, 7), coalesce(lead(toNullable(v.day)) OVER (PARTITION BY {{apart "v.grp"}}v.key ORDER BY v.day), DATE '2149-01-01')) AS to_day
    FROM {{presence 27}} AS v
    WHERE v.key <> 0
  ) AS r
  JOIN (
    SELECT p.period AS period, addDaysN(p.last, -7 * b.back) AS last
    FROM {{periods}} AS p CROSS JOIN (SELECT i64(generate_series) AS back FROM generate_series(0, 3)) AS b
  ) AS w ON w.last >= r.from_day AND w.last < r.to_day
  GROUP BY r.grp, r.person, w.period
) AS x

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
2026-02-01 09:00  ana@acme  "Signed In"
2026-02-10 09:00  ana@acme  "Signed In"
2026-02-27 09:00  ana@acme  "Signed In"
2026-02-02 09:00  ben@acme  "Signed In" x9
2026-02-07 09:00  ben@acme  "Signed In" x9
2026-02-16 09:00  ben@acme  "Signed In" x9
2026-01-31 09:00  bia@globex  "Signed In"
2026-02-05 09:00  bia@globex  "Signed In"

want month 2026-02-01 = 0.3333 (1/3)
want week 2026-02-16 = 0 (0/3)
want month 2026-02-01 by account acme = 0.5 (1/2)
*/
