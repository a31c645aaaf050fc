-- name: use_change_seasonal
-- group: usage
-- unit: index
-- direction: up
-- aggregation: product
-- grains: week, month
-- reach: 419
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 420
-- of: accounts
-- bounds: positive
-- title [en]: Change of use against last year
-- title [pt-BR]: Variação do uso contra o ano anterior
-- definition [en]: The change of use of 28 days for each change of the same accounts in the same weeks of the year before.
-- definition [pt-BR]: A variação do uso em 28 dias para cada variação das mesmas contas nas mesmas semanas do ano anterior.
-- formula [en]: (events in the days D-27 to D / events in the days D-55 to D-28) / (events in the days D-391 to D-364 /
--   events in the days D-419 to D-392)
-- formula [pt-BR]: (eventos nos dias D-27 a D / eventos nos dias D-55 a D-28) / (eventos nos dias D-391 a D-364 / eventos
--   nos dias D-419 a D-392)
-- rules [en]: A year is 52 whole weeks, so that weekdays meet weekdays. Only accounts with at least 10 events in each of
--   the three spans that are compared with: from so few any change looks large. Events that count as active. As long as
--   the 420 days begin before the first fact, the value is null. Holidays that move (Carnival, Easter) fall in other weeks
--   of the two years.
-- rules [pt-BR]: Um ano são 52 semanas inteiras, para que dias da semana encontrem os mesmos dias. Só contas com pelo menos
--   10 eventos em cada um dos três trechos de comparação: com tão poucos qualquer variação parece grande. Eventos que
--   contam como ativos. Enquanto os 420 dias começam antes do primeiro fato, o valor é nulo. Feriados móveis (Carnaval,
--   Páscoa) caem em semanas diferentes nos dois anos.
-- reading [en]: 1 is as every year: the fall of July or December is not one of the product's. 0.8 is a fifth less than
--   the season explains. Without a year of history read the plain change of use.
-- reading [pt-BR]: 1 é como todo ano: a queda de julho ou dezembro não é do produto. 0,8 é um quinto a menos do que a
--   estação explica. Sem um ano de história leia a variação simples.
SELECT a.grp AS grp, a.account AS unit, a.account AS account, t.period AS period,
  i64(sum(CASE WHEN t.ago < 28 THEN a.n ELSE 0 END)) AS numerator,
  i64(sum(CASE WHEN t.ago >= 28 AND t.ago < 56 THEN a.n ELSE 0 END)) AS denominator,
  i64(sum(CASE WHEN t.ago >= 392 THEN a.n ELSE 0 END)) AS times,
  i64(sum(CASE WHEN t.ago >= 364 AND t.ago < 392 THEN a.n ELSE 0 END)) AS per
FROM (
  SELECT v.grp AS grp, v.account AS account, v.day AS day, i64(sum(v.n)) AS n
  FROM {{activity 419}} AS v
  WHERE v.account <> '' AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))
  GROUP BY v.grp, v.account, v.day
) AS a
JOIN (SELECT y.day AS day, y.period AS period, y.ago AS ago FROM {{trailing 420}} AS y WHERE y.ago < 56 OR y.ago >= 364) AS t ON t.day = a.day
GROUP BY a.grp, a.account, t.period
HAVING sum(CASE WHEN t.ago >= 28 AND t.ago < 56 THEN a.n ELSE 0 END) >= 10
  AND sum(CASE WHEN t.ago >= 392 THEN a.n ELSE 0 END) >= 10
  AND sum(CASE WHEN t.ago >= 364 AND t.ago < 392 THEN a.n ELSE 0 END) >= 10

/* example
now 2026-03-10 12:00
2025-01-05 10:00  ana@acme  page x20
2025-02-10 10:00  ana@acme  page x10
2026-01-10 10:00  ana@acme  page x20
2026-02-10 10:00  ana@acme  page x10
2025-01-20 10:00  ben@globex  page x10
2025-02-20 10:00  ben@globex  page x10
2026-01-20 10:00  ben@globex  page x20
2026-02-20 10:00  ben@globex  page x10
2026-01-12 10:00  cid@initech  page x30
2026-02-12 10:00  cid@initech  page x3

want month 2026-02-01 = 0.75 (20/40)
want month 2026-02-01 by account acme = 1 (10/20)
want month 2026-02-01 by account globex = 0.5 (10/20)
want month 2026-01-01 = null window_not_covered (0/0) incomplete
want week 2026-02-23 = 0.5 (10/20)
want week 2026-03-02 as of 2026-03-04 = 0.5 (10/20) incomplete
*/
