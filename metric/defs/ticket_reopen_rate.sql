-- name: ticket_reopen_rate
-- group: voice
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: 14
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Tickets reopened
-- title [pt-BR]: Chamados reabertos
-- definition [en]: The share of the tickets first solved in the period that were opened again within 14 days.
-- definition [pt-BR]: A parte dos chamados resolvidos pela primeira vez no período que foi reaberta em até 14 dias.
-- formula [en]: tickets reopened within 14 days / tickets first solved
-- formula [pt-BR]: chamados reabertos em até 14 dias / chamados resolvidos pela primeira vez
-- rules [en]: A ticket counts once, by the day it was first solved; only tickets whose 14 days have passed count. No
--   ticket solved: null. Breakdowns use the attribute on the day of the solution.
--   The 14 days are local calendar days, that of the solution being the first.
-- rules [pt-BR]: Um chamado conta uma vez, pelo dia em que foi resolvido pela primeira vez; só contam chamados cujos
--   14 dias já passaram. Nenhum chamado resolvido: nulo. As quebras usam o atributo no dia da solução.
--   Os 14 dias são dias corridos do calendário local, e o da solução é o primeiro.
-- reading [en]: The check on a fast time to solve: closing quickly what is not solved shows here.
-- reading [pt-BR]: O contrapeso de um tempo de solução rápido: fechar depressa o que não foi resolvido aparece aqui.
WITH solved AS (
  SELECT t.account AS account_id, t.ticket AS ticket_id, min(t.ts) AS solved_at, min(t.day) AS solved_day, argMin(t.grp, (t.ts, t.id)) AS of_group
  FROM {{tickets}} AS t
  WHERE t.action = 'solved'
  GROUP BY t.account, t.ticket
),
again AS (
  SELECT s.account_id AS account_id, s.ticket_id AS ticket_id, min(r.day) AS again_day
  FROM solved AS s
  JOIN {{tickets "unfiltered"}} AS r ON r.account = s.account_id AND r.ticket = s.ticket_id
  WHERE r.action = 'reopened' AND r.ts >= s.solved_at
  GROUP BY s.account_id, s.ticket_id
)
SELECT s.of_group AS grp, s.account_id || '/' || s.ticket_id AS unit, s.account_id AS account, d.period AS period,
  CASE WHEN a.again_day < addDaysN(s.solved_day, 14) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM solved AS s
JOIN {{days}} AS d ON d.day = s.solved_day
LEFT JOIN again AS a ON a.account_id = s.account_id AND a.ticket_id = s.ticket_id
WHERE addDaysN(s.solved_day, 14) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00

2026-02-02 10:00  ana@acme  "Ticket Opened" ticket=1
2026-02-02 11:00  ana@acme  "Ticket Solved" ticket=1
2026-02-03 14:00  ana@acme  "Ticket Reopened" ticket=1
2026-02-03 18:00  ana@acme  "Ticket Solved" ticket=1
2026-02-04 11:00  bia@globex  "Ticket Solved" ticket=1
2026-02-18 14:00  bia@globex  "Ticket Reopened" ticket=1
2026-03-15 11:00  bia@globex  "Ticket Solved" ticket=2

want week 2026-02-02 = 0.5 (1/2) [0.0945..0.9055]
want month 2026-02-01 = 0.5 (1/2)
want month 2026-02-01 by account globex = 0 (0/1)
want month 2026-03-01 = null window_open (0/0) incomplete
want month 2026-01-01 = null no_data
*/
