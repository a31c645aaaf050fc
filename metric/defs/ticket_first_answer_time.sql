-- name: ticket_first_answer_time
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
-- title [en]: First answer of a ticket (median)
-- title [pt-BR]: Primeira resposta do chamado (mediana)
-- definition [en]: The time by which half of the tickets opened in the period had a first answer of somebody of the team.
-- definition [pt-BR]: O tempo em que metade dos chamados abertos no período teve uma primeira resposta de alguém da equipe.
-- formula [en]: median of the Kaplan–Meier curve from opened to the first public answer
-- formula [pt-BR]: mediana da curva de Kaplan–Meier da abertura à primeira resposta pública
-- rules [en]: By the clock, nights and weekends too; what the help desk says of the first answer, the earliest of all
--   it said. Automatic confirmations do not count where the help desk leaves them out. Tickets without an answer count as
--   waiting (censored), after 14 days at the latest, also those that were solved in silence. Fewer than half answered:
--   null. Breakdowns use the attribute on the day of opening.
-- rules [pt-BR]: Pelo relógio, noites e fins de semana inclusive; vale o que o sistema de suporte diz da primeira
--   resposta, a mais cedo de todas as que disse. Confirmações automáticas não contam quando o sistema as deixa de fora.
--   Chamados sem resposta contam como espera (censurados), no máximo depois de 14 dias, também os resolvidos em silêncio.
--   Menos da metade respondida: nulo. As quebras usam o atributo no dia da abertura.
-- reading [en]: How long half of the customers wait until somebody turns to them. By topic it stands on the page of
--   tickets.
-- reading [pt-BR]: Quanto tempo metade dos clientes espera até alguém lhes dar atenção. Por assunto, está na página de
--   chamados.
SELECT w.grp AS grp, w.account || '/' || w.ticket AS unit, w.account AS account, w.period AS period,
  f64(CASE WHEN w.wait < 1209600000 THEN w.wait ELSE least(w.watched, 1209600000) END) / 1000 AS numerator,
  CASE WHEN w.wait < 1209600000 THEN 1 ELSE 0 END AS denominator
FROM {{ticketWaits "answered"}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00

2026-02-02 10:00  ana@acme  "Ticket Opened" ticket=1
2026-02-02 15:00  ana@acme  "Ticket Updated" ticket=1 first_reply_at=2026-02-02T14:00:00Z
2026-02-02 16:00  ana@acme  "Ticket Solved" ticket=1 first_reply_at=2026-02-02T15:00:00Z
2026-02-03 10:00  ana@acme  "Ticket Opened" ticket=2
2026-02-03 13:00  ana@acme  "Ticket Updated" ticket=2 first_reply_at=2026-02-03T16:00:00Z
2026-02-04 10:00  bia@globex  "Ticket Opened" ticket=1
2026-02-05 10:00  bia@globex  "Ticket Solved" ticket=1
2026-03-19 10:00  bia@globex  "Ticket Opened" ticket=2
2026-03-20 09:00  bia@globex  "Ticket Updated" ticket=2 first_reply_at=2026-03-20T11:00:00Z

want week 2026-02-02 = 10800 (2/3)
want month 2026-02-01 = 10800 (2/3)
want week 2026-02-02 by account acme = 3600 (2/2)
want month 2026-03-01 = null not_reached (0/1) incomplete
want month 2026-01-01 = null no_data
*/
