-- name: tickets_opened
-- group: voice
-- unit: count
-- direction: neutral
-- aggregation: sum
-- grains: day, week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Tickets opened
-- title [pt-BR]: Chamados abertos
-- definition [en]: Support tickets that were opened in the period.
-- definition [pt-BR]: Chamados de suporte abertos no período.
-- formula [en]: tickets whose first Ticket Opened falls in the period
-- formula [pt-BR]: chamados cujo primeiro Ticket Opened cai no período
-- rules [en]: A ticket is an id within an account and counts once, on the day it was first opened; opening it again
--   is another metric. Breakdowns use the attribute on that day.
-- rules [pt-BR]: Um chamado é um número dentro de uma conta e conta uma vez, no dia em que foi aberto pela primeira
--   vez; reabrir é outra métrica. As quebras usam o atributo naquele dia.
-- reading [en]: More tickets are not worse by themselves: a growing base asks more. Divide by the customers before
--   judging.
-- reading [pt-BR]: Mais chamados, por si só, não é pior: uma base que cresce pergunta mais. Divida pelos clientes
--   antes de julgar.
SELECT o.of_group AS grp, o.account_id || '/' || o.ticket_id AS unit, o.account_id AS account, d.period AS period, 1 AS numerator
FROM (
  SELECT t.account AS account_id, t.ticket AS ticket_id, min(t.day) AS opened_day, argMin(t.grp, (t.ts, t.id)) AS of_group
  FROM {{tickets}} AS t
  WHERE t.action = 'opened'
  GROUP BY t.account, t.ticket
) AS o
JOIN {{days}} AS d ON d.day = o.opened_day

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00

2026-02-02 10:00  ana@acme  "Ticket Opened" ticket=1
2026-02-03 10:00  ana@acme  "Ticket Opened" ticket=1
2026-02-03 10:00  bia@globex  "Ticket Opened" ticket=1
2026-02-04 10:00  bia@globex  "Ticket Reopened" ticket=9

want day 2026-02-02 = 1
want day 2026-02-03 = 1
want week 2026-02-02 = 2
want month 2026-02-01 = 2
want month 2026-02-01 by account acme = 1
want day 2026-02-04 = 0
want month 2026-01-01 = null no_data
*/
