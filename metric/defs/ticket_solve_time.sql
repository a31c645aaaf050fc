-- name: ticket_solve_time
-- group: voice
-- unit: seconds
-- direction: down
-- aggregation: quantile
-- grains: month, week
-- reach: forever
-- waits: 14
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- quantile: 0.5
-- title [en]: Time to solve a ticket (median)
-- title [pt-BR]: Tempo de solução do chamado (mediana)
-- definition [en]: The time by which half of the tickets opened in the period were solved for the first time.
-- definition [pt-BR]: O tempo em que metade dos chamados abertos no período foi resolvida pela primeira vez.
-- formula [en]: median of the Kaplan–Meier curve from first opened to first solved
-- formula [pt-BR]: mediana da curva de Kaplan–Meier da primeira abertura à primeira solução
-- rules [en]: By the clock, nights and weekends too. Tickets still open count as waiting (censored), after 14 days
--   at the latest: leaving them out would flatter. What happened after the last day that is over does not count yet.
--   Fewer than half solved: null. Breakdowns use the attribute on the day of opening.
-- rules [pt-BR]: Pelo relógio, noites e fins de semana inclusive. Chamados ainda abertos contam como espera
--   (censurados), no máximo depois de 14 dias: deixá-los fora enfeitaria o número. O que aconteceu depois do último dia
--   encerrado ainda não conta. Menos da metade resolvida: nulo. As quebras usam o atributo no dia da abertura.
-- reading [en]: How long half of the customers wait. The means that help desks show leave out what is still open, so
--   they look best when the queue is worst.
-- reading [pt-BR]: Quanto tempo metade dos clientes espera. As médias que os sistemas de suporte mostram deixam fora
--   o que está aberto, e por isso parecem melhores quando a fila está pior.
SELECT w.grp AS grp, w.account || '/' || w.ticket AS unit, w.account AS account, w.period AS period,
  f64(CASE WHEN w.wait < 1209600000 THEN w.wait ELSE least(w.watched, 1209600000) END) / 1000 AS numerator,
  CASE WHEN w.wait < 1209600000 THEN 1 ELSE 0 END AS denominator
FROM {{ticketWaits "solved"}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00

2026-02-02 10:00  ana@acme  "Ticket Opened" ticket=1
2026-02-02 11:00  ana@acme  "Ticket Solved" ticket=1
2026-02-03 10:00  ana@acme  "Ticket Opened" ticket=2
2026-02-03 13:00  ana@acme  "Ticket Solved" ticket=2
2026-02-03 14:00  ana@acme  "Ticket Reopened" ticket=2
2026-02-03 18:00  ana@acme  "Ticket Solved" ticket=2
2026-02-04 10:00  bia@globex  "Ticket Opened" ticket=1
2026-02-25 10:00  bia@globex  "Ticket Solved" ticket=1
2026-03-19 10:00  bia@globex  "Ticket Opened" ticket=2
2026-03-20 09:00  bia@globex  "Ticket Solved" ticket=2

want week 2026-02-02 = 10800 (2/3)
want month 2026-02-01 = 10800 (2/3)
want week 2026-02-02 by account acme = 3600 (2/2)
want month 2026-03-01 = null not_reached (0/1) incomplete
want month 2026-01-01 = null no_data
*/
