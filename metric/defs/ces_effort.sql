-- name: ces_effort
-- group: voice
-- unit: score
-- direction: down
-- aggregation: mean
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- bounds: positive
-- title [en]: Effort (CES 1.0)
-- title [pt-BR]: Esforço (CES 1.0)
-- definition [en]: The mean effort, from 1 to 5, that people say they had to put in.
-- definition [pt-BR]: O esforço médio, de 1 a 5, que as pessoas dizem ter feito.
-- formula [en]: sum of the scores / answers
-- formula [pt-BR]: soma das notas / respostas
-- rules [en]: Answers of kind ces on the scale of 5 (CES 1.0: how much effort it took; high is bad), from 1 to 5.
--   CES 2.0, on the scale of 7 and with the opposite sign, is a metric of its own: the two are never pooled. Nobody
--   answered: null. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo ces na escala de 5 (CES 1.0: quanto esforço foi preciso; alto é ruim), de 1 a 5.
--   O CES 2.0, na escala de 7 e com o sinal contrário, é uma métrica à parte: os dois nunca se misturam. Ninguém
--   respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: Low is good. For companies that still ask the older question.
-- reading [pt-BR]: Baixo é bom. Para quem ainda faz a pergunta antiga.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, a.score AS numerator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'ces' AND a.scale = 5 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..3}@acme  "Survey Answered" survey=old kind=ces score=1 scale=5
2026-02-02 10:00  q1@globex  "Survey Answered" survey=old kind=ces score=5 scale=5
2026-02-02 10:00  q2@globex  "Survey Answered" survey=e kind=ces score=7

want day 2026-02-02 = 2 (8/4) [0..5.18]
want week 2026-02-02 = 2 (8/4)
want month 2026-02-01 = 2 (8/4)
want month 2026-02-01 by account acme = 1 (3/3)
want month 2026-01-01 = null no_data
*/
