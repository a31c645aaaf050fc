-- name: response_rate
-- group: voice
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: 0
-- waits: 14
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Survey response rate
-- title [pt-BR]: Taxa de resposta das pesquisas
-- definition [en]: The share of the surveys delivered in the period that were answered with a score within 14 days.
-- definition [pt-BR]: A parte das pesquisas entregues no período que foi respondida com uma nota em até 14 dias.
-- formula [en]: deliveries answered within 14 days / (surveys sent − bounced)
-- formula [pt-BR]: entregas respondidas em até 14 dias / (pesquisas enviadas − devolvidas)
-- rules [en]: A delivery is one sending to one person or address. Bounced within 14 days: not delivered, unless it
--   was answered. An answer without a score, or to another survey, is no answer. Only deliveries whose 14 days have
--   passed count, so that recent ones do not look silent. Employee surveys are apart. Silence is never filled in.
--   Breakdowns use the attribute on the day of sending.
--   The 14 days are local calendar days, that of sending being the first.
-- rules [pt-BR]: Uma entrega é um envio a uma pessoa ou a um endereço. Devolvida em até 14 dias: não foi entregue, a
--   menos que tenha resposta. Resposta sem nota, ou a outra pesquisa, não é resposta. Só contam entregas cujos 14 dias já
--   passaram, para que as recentes não pareçam silêncio. Pesquisas com funcionários ficam à parte. O silêncio nunca é
--   preenchido. As quebras usam o atributo no dia do envio.
--   Os 14 dias são dias corridos do calendário local, e o do envio é o primeiro.
-- reading [en]: Who does not answer leaves more often: a low rate makes every score look better than it is. Look at
--   it by segment before believing the score.
-- reading [pt-BR]: Quem não responde vai embora mais: uma taxa baixa faz toda nota parecer melhor do que é. Olhe por
--   segmento antes de acreditar na nota.
SELECT v.grp AS grp, v.id AS unit, v.account AS account, d.period AS period,
  CASE WHEN v.answered_day < addDaysN(v.day, 14) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{deliveries}} AS v
JOIN {{days}} AS d ON d.day = v.day
WHERE v.relation <> 'employee' AND addDaysN(v.day, 14) <= addDaysN({through:Date}, 1)
  AND (v.bounced_day IS NULL OR v.bounced_day >= addDaysN(v.day, 14) OR v.answered_day < addDaysN(v.day, 14))

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  ana@acme  "Survey Sent" survey=q1 delivery=d1
2026-02-02 10:00  bia@acme  "Survey Sent" survey=q1
2026-02-02 10:00  cid@globex  "Survey Sent" survey=q1
2026-02-02 10:00  @globex  "Survey Sent" survey=q1 recipient=eva@globex.example
2026-02-02 11:00  @globex  "Survey Bounced" survey=q1 recipient=eva@globex.example
2026-02-05 10:00  ana@acme  "Survey Answered" survey=q1 kind=nps score=9 delivery=d1
2026-02-15 23:00  bia@acme  "Survey Answered" survey=q1 kind=nps score=8
2026-02-16 00:30  cid@globex  "Survey Answered" survey=q1 kind=nps score=8
2026-02-28 10:00  ana@acme  "Survey Sent" survey=q1
2026-03-01 10:00  ana@acme  "Survey Answered" survey=q1 kind=nps score=9

want week 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want week 2026-02-02 as of 2026-02-14 = null window_open (0/0) incomplete
want month 2026-02-01 = 0.6667 (2/3) incomplete
want month 2026-02-01 by account globex = 0 (0/1) incomplete
want month 2026-03-01 = null window_open (0/0) incomplete
want week 2026-01-26 = null no_data
*/
