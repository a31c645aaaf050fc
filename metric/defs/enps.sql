-- name: enps
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
-- title [en]: Employee NPS (eNPS)
-- title [pt-BR]: NPS dos colaboradores (eNPS)
-- definition [en]: How many more promoters than detractors there are per hundred employees who answered in the period.
-- definition [pt-BR]: Quantos promotores a mais que detratores há em cada cem colaboradores que responderam no período.
-- formula [en]: 100 × (employees who answered 9 or 10 − employees who answered 0 to 6) / employees who answered
-- formula [pt-BR]: 100 × (colaboradores que responderam 9 ou 10 − colaboradores que responderam de 0 a 6) / colaboradores
--   que responderam
-- rules [en]: Answers of kind nps whose relation is employee: would you recommend working here. It is never added to
--   what customers say. Each person counts with the latest answer of the period. The interval is the adjusted Wald.
--   Nobody answered: null. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo nps cuja relação é employee: você recomendaria trabalhar aqui. Nunca se soma ao que os
--   clientes dizem. Cada pessoa conta com a última resposta do período. O intervalo é o de Wald ajustado. Ninguém
--   respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: With a small team the interval is wide; who can be recognised will not answer frankly.
-- reading [pt-BR]: Com uma equipe pequena o intervalo é largo; quem pode ser reconhecido não responde com franqueza.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period,
  CASE WHEN w.score >= 9 THEN 1 WHEN w.score >= 7 THEN 0 ELSE -1 END AS numerator, 1 AS denominator
FROM {{voters "employee"}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  e{1..3}  "Survey Answered" survey=e1 kind=nps score=9 relation=employee
2026-02-02 11:00  e4  "Survey Answered" survey=e1 kind=nps score=5 relation=employee
2026-02-02 12:00  p5@globex  "Survey Answered" survey=q1 kind=nps score=0
2026-02-03 12:00  e4  "Survey Answered" survey=e1 kind=nps score=8 relation=employee

want day 2026-02-02 = 50 (2/4)
want month 2026-02-01 = 75 (3/4) [-7.34..93.06]
want week 2026-02-02 = 75 (3/4)
want month 2026-01-01 = null no_data
*/
