-- name: dormant_users
-- group: usage
-- unit: persons
-- direction: down
-- aggregation: sum
-- grains: week, day, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Dormant users
-- title [pt-BR]: Usuários dormentes
-- definition [en]: People who were active in the period before and are not in this one.
-- definition [pt-BR]: Pessoas que estiveram ativas no período anterior e não neste.
-- formula [en]: people active in the period before who were not active in the period
-- formula [pt-BR]: pessoas ativas no período anterior que não estiveram ativas no período
-- rules [en]: Counted as a positive number; pictures draw it below the line. Active = active before + new +
--   resurrected - dormant. While the period is open, who has not come yet counts as dormant. The period before is the
--   whole calendar period; while the current one is open it is incomplete. In the first period that has data there is
--   nothing before it, and the value is null.
-- rules [pt-BR]: Contado como número positivo; os gráficos o desenham abaixo da linha. Ativos = ativos antes + novos
--   + ressuscitados - dormentes. Enquanto o período está aberto, quem ainda não veio conta como dormente. O período
--   anterior é o período inteiro do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro
--   período com dados não há anterior, e o valor é nulo.
-- reading [en]: The outflow. Open it: these are the people to ask what happened.
-- reading [pt-BR]: A saída. Abra: estas são as pessoas a quem perguntar o que houve.
SELECT x.of_group AS grp, x.person_id AS unit, x.account_id AS account, x.in_period AS period, 1 AS numerator
FROM (
  SELECT v.grp AS of_group, v.key AS person_key, min(v.person) AS person_id, min(v.account) AS account_id,
    t.period AS in_period, max(t.is_now) AS ever_now, min(t.is_now) AS only_now
  FROM {{personDays 31}} AS v
  JOIN {{turns}} AS t ON t.day = v.day
  GROUP BY v.grp, v.key, t.period
) AS x
WHERE x.ever_now = 0

/* example
zone America/Sao_Paulo
now 2026-02-25 12:00
2025-12-20 10:00  zed@acme  page
2026-01-20 10:00  old@acme  page
2026-02-02 10:00  ana@acme  page
2026-02-03 10:00  ben@acme  page
2026-02-08 23:30  cid@globex  page
2026-02-09 10:00  ana@acme  page
2026-02-10 10:00  old@acme  page
2026-02-11 10:00  dia@acme  page
2026-02-11 10:00  eva@globex  page
2026-02-11 09:00  eva@globex  identify created_at=2025-06-01T10:00:00Z
2026-02-16 10:00  ana@acme  page
2026-02-17 10:00  anon:b9@acme  page
2026-02-18 10:00  cid@globex  page
2026-01-15 10:00  ben@acme  page  known 2026-02-20 10:00

want week 2026-02-02 = 0
want week 2026-02-09 = 2
want week 2026-02-16 = 3
want week 2026-02-23 = 3 incomplete
want week 2026-02-09 by account globex = 1
want day 2026-02-09 = 1
want month 2026-02-01 = 0 incomplete
*/
