-- name: onboarding_progress
-- group: activation
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: accounts
-- bounds: share
-- title [en]: Onboarding progress
-- title [pt-BR]: Progresso da implantação
-- definition [en]: Of the milestones that apply to the accounts in onboarding, the share that is done.
-- definition [pt-BR]: Dos marcos que se aplicam às contas em implantação, a parte concluída.
-- formula [en]: milestones done by the end of the period / milestones planned or done and not skipped by then, of
--   accounts that had not done all of them before the period
-- formula [pt-BR]: marcos concluídos até o fim do período / marcos planejados ou concluídos e não dispensados até lá,
--   das contas que não tinham concluído todos antes do período
-- rules [en]: Milestones come from the events Milestone Planned, Done and Skipped. One that was skipped last leaves
--   the denominator unless it was done. An account counts from its first milestone to the period in which the last is
--   done. A period that still runs ends with the last day read.
-- rules [pt-BR]: Os marcos vêm dos eventos Milestone Planned, Done e Skipped. O que foi dispensado por último sai do
--   denominador, a não ser que tenha sido concluído. Uma conta conta do primeiro marco até o período em que conclui o
--   último. Um período em andamento termina no último dia lido.
-- reading [en]: How far the customers that you are bringing up are. Read it with the days late: half done on time is
--   better than nine tenths a month late.
-- reading [pt-BR]: Até onde chegaram os clientes em implantação. Leia junto com os dias de atraso: metade no prazo é
--   melhor que nove décimos com um mês de atraso.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, x.reached AS numerator, x.applicable AS denominator
FROM (
  SELECT m.grp AS grp, m.account AS account, m.period AS period, i64(count(*)) AS applicable,
    i64(sum(CASE WHEN m.done_day IS NOT NULL THEN 1 ELSE 0 END)) AS reached,
    i64(sum(CASE WHEN m.done_day < m.period THEN 1 ELSE 0 END)) AS earlier
  FROM {{milestones}} AS m
  WHERE m.skipped = 0 OR m.done_day IS NOT NULL
  GROUP BY m.grp, m.account, m.period
) AS x
WHERE x.earlier < x.applicable

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
2026-01-10 09:00  @acme  "Milestone Planned" milestone=Kickoff due=2026-01-12
2026-01-10 09:00  @acme  "Milestone Planned" milestone=Data due=2026-01-20
2026-01-10 09:00  @acme  "Milestone Planned" milestone=Training due=2026-02-10
2026-01-10 09:00  @acme  "Milestone Planned" milestone=SSO due=2026-02-10
2026-01-15 09:00  @acme  "Milestone Done" milestone=Kickoff
2026-01-16 09:00  @acme  "Milestone Skipped" milestone=SSO
2026-02-03 09:00  @acme  "Milestone Done" milestone=Data
2026-02-20 09:00  @acme  "Milestone Done" milestone=Training
2026-01-12 09:00  @globex  "Milestone Planned" milestone=Kickoff due=2026-02-01

want month 2026-01-01 = 0.25 (1/4)
want month 2026-02-01 = 0.75 (3/4)
want month 2026-03-01 = 0 (0/1) incomplete
want week 2026-02-02 = 0.5 (2/4)
*/
