-- name: retention_week_4
-- group: retention
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week
-- reach: forever
-- waits: 29
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Week 4 retention
-- title [pt-BR]: Retenção na semana 4
-- definition [en]: Of the people who started in the week, the share that was active in the fourth week after it.
-- definition [pt-BR]: Das pessoas que começaram na semana, a parte que teve atividade na quarta semana depois dela.
-- formula [en]: people of the cohort active in calendar week 4 / people of the cohort, when that week has passed
-- formula [pt-BR]: pessoas da coorte ativas na semana 4 do calendário / pessoas da coorte, quando essa semana já
--   passou
-- rules [en]: Week 0 is the calendar week of the trait created_at, else of the first activity that counts in the
--   whole history; weeks begin on the company's day. One active day anywhere in week 4 is a return. Null until week
--   4 has passed. Breakdowns and filters use the attribute of the account on the first day. In the first week of
--   data everybody looks new.
-- rules [pt-BR]: A semana 0 é a do calendário que contém o atributo created_at, senão a primeira atividade que conta
--   em todo o histórico; a semana começa no dia escolhido pela empresa. Um dia ativo em qualquer ponto da semana 4 é
--   um retorno. Nulo até a semana 4 passar. As quebras e os filtros usam o atributo da conta no primeiro dia. Na
--   primeira semana com dados todos parecem novos.
-- reading [en]: The fair figure for products of a weekly rhythm: a whole week is a wide target, and every cohort has
--   the same weekdays in it. The triangle on the Retention page shows the weeks between.
-- reading [pt-BR]: O número justo para produtos de ritmo semanal: uma semana inteira é um alvo largo, e toda coorte
--   tem nele os mesmos dias. O triângulo da página Retenção mostra as semanas intermediárias.
SELECT p.grp AS grp, p.person AS unit, p.account AS account, d.period AS period,
  CASE WHEN r.who IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{people}} AS p
JOIN {{days}} AS d ON d.day = p.first_day
LEFT JOIN (
  SELECT DISTINCT toNullable(v.key) AS who, w.period AS from_week
  FROM {{present 0 "unfiltered"}} AS v
  JOIN {{periods}} AS w ON v.day >= addDaysN(w.period, 28) AND v.day < addDaysN(w.period, 35)
) AS r ON r.who = p.key AND r.from_week = d.period
WHERE addDaysN(d.period, 34) <= {through:Date}

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
2026-02-02 09:00  ana@acme  page
2026-03-08 23:30  ana@acme  page
2026-02-08 09:00  ben@acme  page
2026-03-01 09:00  ben@acme  page
2026-03-09 00:30  ben@acme  page
2026-02-05 09:00  cid@globex  page
2026-03-02 00:10  cid@globex  page
2026-02-16 09:00  dan@globex  page
2026-03-17 09:00  dan@globex  page

want week 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want week 2026-02-16 = null window_open (0/0) incomplete
want week 2026-02-09 = null no_data
want week 2026-02-02 by account globex = 1 (1/1)
want week 2026-02-02 as of 2026-03-07 = null window_open (0/0) incomplete
*/
