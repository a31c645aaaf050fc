-- name: ces
-- group: voice
-- unit: score
-- direction: up
-- aggregation: mean
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- bounds: positive
-- title [en]: Customer effort score (CES)
-- title [pt-BR]: Esforço do cliente (CES)
-- definition [en]: The mean agreement, from 1 to 7, that the company made it easy.
-- definition [pt-BR]: A concordância média, de 1 a 7, com a frase “a empresa facilitou”.
-- formula [en]: sum of the scores / answers
-- formula [pt-BR]: soma das notas / respostas
-- rules [en]: Answers of kind ces on the scale of 7 (CES 2.0: how far one agrees that it was made easy; high is
--   good), from 1 to 7; every answer counts. CES 1.0, on a scale of 5 and with the opposite sign, is a metric of its own;
--   employee surveys do not count. Nobody answered: null. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo ces na escala de 7 (CES 2.0: o quanto se concorda que foi fácil; alto é bom), de
--   1 a 7; toda resposta conta. O CES 1.0, na escala de 5 e com o sinal contrário, é uma métrica à parte; pesquisas com
--   funcionários não contam. Ninguém respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: High is easy. Effort foretells leaving better than delight does: a fall after a release or a change
--   of process is worth looking at the same week.
-- reading [pt-BR]: Alto é fácil. O esforço antecipa a saída melhor que o encanto: uma queda depois de um lançamento
--   ou de uma mudança de processo merece atenção na mesma semana.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, a.score AS numerator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'ces' AND a.scale = 7 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..4}@acme  "Survey Answered" survey=e kind=ces score=7
2026-02-02 10:00  q{1..2}@globex  "Survey Answered" survey=e kind=ces score=5
2026-02-02 10:00  r1@globex  "Survey Answered" survey=e kind=ces score=4
2026-02-02 10:00  r{2..4}@globex  "Survey Answered" survey=e kind=ces score=2
2026-02-02 10:00  s1@globex  "Survey Answered" survey=old kind=ces score=1 scale=5
2026-02-03 10:00  p1@acme  "Survey Answered" survey=q kind=nps score=1
2026-02-12 10:00  p1@acme  "Survey Answered" survey=e kind=ces score=6

want day 2026-02-02 = 4.8 (48/10)
want week 2026-02-02 = 4.8 (48/10)
want month 2026-02-01 = 4.9091 (54/11)
want month 2026-02-01 by account acme = 6.8 (34/5)
want day 2026-02-03 = null zero_denominator (0/0)
*/
