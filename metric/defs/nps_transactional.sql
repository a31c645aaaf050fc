-- name: nps_transactional
-- group: voice
-- unit: points
-- direction: up
-- aggregation: nps
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Transactional NPS
-- title [pt-BR]: NPS transacional
-- definition [en]: How many more promoters than detractors there are per hundred people who answered, in the period,
--   a survey sent after something that just happened.
-- definition [pt-BR]: Quantos promotores a mais que detratores há em cada cem pessoas que responderam, no período, a
--   uma pesquisa enviada depois de algo que acabou de acontecer.
-- formula [en]: 100 × (people who answered 9 or 10 − people who answered 0 to 6) / people who answered
-- formula [pt-BR]: 100 × (pessoas que responderam 9 ou 10 − pessoas que responderam de 0 a 6) / pessoas que
--   responderam
-- rules [en]: Answers of kind nps whose relation is transactional. It is another question than the relational NPS,
--   asked at another moment: the two are never added or averaged. Each person counts with the latest answer of the
--   period. The interval is the adjusted Wald. Nobody answered: null. Breakdowns use the attribute on the day of the
--   answer.
-- rules [pt-BR]: Respostas do tipo nps cuja relação é transacional. É outra pergunta que a do NPS relacional, feita
--   em outro momento: os dois nunca são somados nem misturados numa média. Cada pessoa conta com a última resposta do
--   período. O intervalo é o de Wald ajustado. Ninguém respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: It judges the contact, not the company: it is mostly higher, and it moves with the team that was
--   met. Compare it with itself only.
-- reading [pt-BR]: Avalia o contato, não a empresa: costuma ser mais alto e se move com a equipe que atendeu.
--   Compare só com ele mesmo.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period,
  CASE WHEN w.score >= 9 THEN 1 WHEN w.score >= 7 THEN 0 ELSE -1 END AS numerator, 1 AS denominator
FROM {{voters "transactional"}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..3}@acme  "Survey Answered" survey=t1 kind=nps score=10 relation=transactional
2026-02-02 11:00  p4@globex  "Survey Answered" survey=t1 kind=nps score=6 relation=transactional
2026-02-02 12:00  p5@globex  "Survey Answered" survey=q1 kind=nps score=0
2026-02-03 12:00  p4@globex  "Survey Answered" survey=t1 kind=nps score=7 relation=transactional
2026-02-04 12:00  eva  "Survey Answered" survey=e1 kind=nps score=1 relation=employee

want day 2026-02-02 = 50 (2/4)
want week 2026-02-02 = 75 (3/4)
want month 2026-02-01 = 75 (3/4) [-7.34..93.06]
want month 2026-02-01 by account globex = 0 (0/1)
want day 2026-02-04 = null zero_denominator (0/0)
want month 2026-01-01 = null no_data
*/
