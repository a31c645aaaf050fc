-- name: use_change_28d
-- group: usage
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: 55
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 56
-- of: accounts
-- title [en]: Change of use (28 days)
-- title [pt-BR]: Variação do uso (28 dias)
-- definition [en]: Events of the 28 days up to the last day of the period for each event of the 28 days before them.
-- definition [pt-BR]: Eventos dos 28 dias até o último dia do período para cada evento dos 28 dias anteriores.
-- formula [en]: events in the days D-27 to D / events in the days D-55 to D-28, of the accounts with at least 10
--   events in the latter
-- formula [pt-BR]: eventos nos dias D-27 a D / eventos nos dias D-55 a D-28, das contas com pelo menos 10 eventos
--   nestes últimos
-- rules [en]: Accounts with fewer than 10 events before are left out: from so few any change looks large. Events that
--   count as active. As long as the 56 days begin before the first fact, the value is null. Holidays and seasons are
--   not taken out.
-- rules [pt-BR]: Contas com menos de 10 eventos antes ficam fora: com tão poucos qualquer variação parece grande.
--   Eventos que contam como ativos. Enquanto os 56 dias começam antes do primeiro fato, o valor é nulo. Feriados e
--   estações não são descontados.
-- reading [en]: 1 is unchanged, 0.5 half the use, 0 silence. Both sides are four whole weeks, so that weekdays do not
--   matter.
-- reading [pt-BR]: 1 é sem variação, 0,5 metade do uso, 0 silêncio. Os dois lados são quatro semanas inteiras, de
--   modo que o dia da semana não importa.
SELECT a.grp AS grp, a.account AS unit, a.account AS account, t.period AS period,
  i64(sum(CASE WHEN t.ago < 28 THEN a.n ELSE 0 END)) AS numerator, i64(sum(CASE WHEN t.ago >= 28 THEN a.n ELSE 0 END)) AS denominator
FROM (
  SELECT v.grp AS grp, v.account AS account, v.day AS day, i64(sum(v.n)) AS n
  FROM {{activity 55}} AS v
  WHERE v.account <> '' AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))
  GROUP BY v.grp, v.account, v.day
) AS a
JOIN {{trailing 56}} AS t ON t.day = a.day
GROUP BY a.grp, a.account, t.period
HAVING sum(CASE WHEN t.ago >= 28 THEN a.n ELSE 0 END) >= 10

/* example
now 2026-03-10 12:00
2026-01-01 10:00  ana@acme  page
2026-01-10 10:00  ana@acme  page x19
2026-01-12 10:00  ben@globex  page x12
2026-01-12 10:00  cid@initech  page x9
2026-02-10 10:00  ana@acme  page x10
2026-02-10 10:00  cid@initech  page x30
2026-02-11 10:00  dia@acme  "Report Created" x2

want month 2026-02-01 = 0.387 (12/31)
want month 2026-02-01 by account globex = 0 (0/12)
want month 2026-02-01 by account acme = 0.63 (12/19)
want week 2026-02-23 = 0.387 (12/31)
want week 2026-02-16 as of 2026-02-20 = null window_not_covered (12/32) incomplete
*/
