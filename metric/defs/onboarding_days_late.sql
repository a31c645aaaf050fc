-- name: onboarding_days_late
-- group: activation
-- unit: days
-- direction: down
-- aggregation: mean
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: accounts
-- title [en]: Onboarding delay
-- title [pt-BR]: Atraso da implantação
-- definition [en]: By how many days, on average, the latest milestone of the accounts in onboarding is behind its
--   plan.
-- definition [pt-BR]: Em quantos dias, em média, o marco mais atrasado das contas em implantação está além do
--   planejado.
-- formula [en]: mean over accounts of the maximum over milestones with a due day of (day done, else the period's last
--   day) - day due
-- formula [pt-BR]: média entre contas do máximo entre marcos com data de (dia da conclusão, senão o último dia do
--   período) - dia planejado
-- rules [en]: The longest delay decides, since the milestones build on one another; it is negative while everything is
--   ahead of its plan. The due day is the one said last. The accounts are those of the onboarding progress that have a
--   milestone with a due day.
-- rules [pt-BR]: O maior atraso decide, porque os marcos dependem uns dos outros; é negativo enquanto tudo está
--   adiantado. A data é a última informada. As contas são as do progresso da implantação que têm um marco com data.
-- reading [en]: How far onboarding is behind what was promised. Growing while the progress stands still: somebody has
--   to step in.
-- reading [pt-BR]: Quanto a implantação está atrás do prometido. Crescendo com o progresso parado: alguém precisa
--   intervir.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, x.late AS numerator
FROM (
  SELECT m.grp AS grp, m.account AS account, m.period AS period, i64(count(*)) AS applicable,
    i64(sum(CASE WHEN m.done_day < m.period THEN 1 ELSE 0 END)) AS earlier,
    max(CASE WHEN m.due_day IS NOT NULL THEN i64(coalesce(m.done_day, m.last) - m.due_day) END) AS late
  FROM {{milestones}} AS m
  WHERE m.skipped = 0 OR m.done_day IS NOT NULL
  GROUP BY m.grp, m.account, m.period
) AS x
WHERE x.earlier < x.applicable AND x.late IS NOT NULL

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
2026-01-10 09:00  @acme  "Milestone Planned" milestone=Kickoff due=2026-01-12
2026-01-10 09:00  @acme  "Milestone Planned" milestone=Data due=2026-01-20
2026-01-15 09:00  @acme  "Milestone Done" milestone=Kickoff
2026-01-25 09:00  @acme  "Milestone Planned" milestone=Data due=2026-02-05T18:00:00-03:00
2026-02-03 09:00  @acme  "Milestone Done" milestone=Data
2026-01-12 09:00  @globex  "Milestone Planned" milestone=Kickoff due=2026-02-10
2026-01-12 09:00  @hooli  "Milestone Planned" milestone=Kickoff

want month 2026-01-01 = -3.5 (-7/2) [-86.0903..79.0903]
want month 2026-02-01 = 10.5 (21/2)
want month 2026-03-01 = 49 (49/1) incomplete
want week 2026-01-12 = -10 (-20/2)
*/
