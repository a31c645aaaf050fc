-- name: nps
-- group: voice
-- unit: points
-- direction: up
-- aggregation: nps
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: yes
-- settings: none
-- of: others
-- title [en]: Net Promoter Score (NPS)
-- title [pt-BR]: Net Promoter Score (NPS)
-- definition [en]: How many more promoters than detractors there are per hundred people who answered in the period.
-- definition [pt-BR]: Quantos promotores a mais que detratores há em cada cem pessoas que responderam no período.
-- formula [en]: 100 × (people who answered 9 or 10 − people who answered 0 to 6) / people who answered
-- formula [pt-BR]: 100 × (pessoas que responderam 9 ou 10 − pessoas que responderam de 0 a 6) / pessoas que responderam
-- rules [en]: Answers of relational surveys of kind nps, whole scores 0 to 10; transactional and employee surveys are
--   never pooled with them. Answers without a score do not count. Each person counts with the latest answer of the period; an answer of nobody counts for itself. From -100 to +100, written
--   without a percent sign. The interval is the adjusted Wald (three answers added, a quarter at each side), so its
--   middle is nearer to zero than the score. Nobody answered: null. Breakdowns use the attribute on the day of the
--   answer.
-- rules [pt-BR]: Respostas de pesquisas relacionais do tipo nps, notas inteiras de 0 a 10; pesquisas transacionais e com
--   funcionários nunca se misturam a elas. Respostas sem nota não contam. Cada pessoa conta com a última resposta do período; uma resposta de ninguém conta por si. De -100 a +100, escrito sem
--   sinal de porcentagem. O intervalo é o de Wald ajustado (três respostas a mais, um quarto em cada lado), e por isso
--   o seu meio fica mais perto de zero que o número. Ninguém respondeu: nulo. As quebras usam o atributo no dia da
--   resposta.
-- reading [en]: The spread of the answers says more than the score. Below 30 answers the interval is too wide to tell a
--   change from noise; look also at who does not answer.
-- reading [pt-BR]: A distribuição das respostas diz mais que o número. Abaixo de 30 respostas o intervalo é largo
--   demais para separar mudança de ruído; veja também quem não responde.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period,
  CASE WHEN w.score >= 9 THEN 1 WHEN w.score >= 7 THEN 0 ELSE -1 END AS numerator, 1 AS denominator
FROM {{voters "relational"}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..50}@acme  "Survey Answered" survey=q1 kind=nps score=10
2026-02-02 10:00  q{1..30}@globex  "Survey Answered" survey=q1 kind=nps score=8
2026-02-02 10:00  r{1..20}@globex  "Survey Answered" survey=q1 kind=nps score=3
2026-02-20 10:00  r1@globex  "Survey Answered" survey=q1 kind=nps score=9
2026-02-20 10:00  p1@acme  "Survey Answered" survey=q2 kind=csat score=1
2026-02-21 10:00  p2@acme  "Survey Answered" survey=t1 kind=nps score=0 relation=transactional
2026-03-01 00:10  p2@acme  "Survey Answered" survey=q1 kind=nps score=0

want day 2026-02-02 = 30 (30/100) [14.05..44.20]
want month 2026-02-01 = 32 (32/100)
want week 2026-02-16 = 100 (1/1) [-48.50..100]
want month 2026-03-01 = -100 (-1/1) incomplete
want month 2026-02-01 by account acme = 100 (50/50)
want day 2026-02-03 = null no_data
want week 2026-02-09 = null no_data
*/
