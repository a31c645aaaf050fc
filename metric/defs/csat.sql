-- name: csat
-- group: voice
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Customer satisfaction (CSAT)
-- title [pt-BR]: Satisfação do cliente (CSAT)
-- definition [en]: The share of the answers of the period that were 4 or 5 on the scale of 5.
-- definition [pt-BR]: A parte das respostas do período que foi 4 ou 5 na escala de 5.
-- formula [en]: answers of 4 or 5 / answers
-- formula [pt-BR]: respostas 4 ou 5 / respostas
-- rules [en]: Answers of kind csat on the scale of 5, from 1 to 5; every answer counts, because it is about what
--   happened and not about who answers. Other scales and employee surveys do not count. Nobody answered: null. Breakdowns
--   use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo csat na escala de 5, de 1 a 5; toda resposta conta, porque é sobre o que
--   aconteceu e não sobre quem responde. Outras escalas e pesquisas com funcionários não contam. Ninguém respondeu: nulo.
--   As quebras usam o atributo no dia da resposta.
-- reading [en]: Satisfaction with one contact or delivery. It is high almost everywhere: watch changes and the
--   lowest segment, and read the comments of the ones and twos.
-- reading [pt-BR]: Satisfação com um contato ou uma entrega. É alta em quase toda parte: olhe as mudanças e o pior
--   segmento, e leia os comentários de quem deu 1 ou 2.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, CASE WHEN a.score >= 4 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'csat' AND a.scale = 5 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..6}@acme  "Survey Answered" survey=c kind=csat score=5
2026-02-02 10:00  q{1..2}@globex  "Survey Answered" survey=c kind=csat score=4
2026-02-02 10:00  r{1..2}@globex  "Survey Answered" survey=c kind=csat score=2
2026-02-02 10:00  s1@globex  "Survey Answered" survey=c kind=csat score=9 scale=10
2026-02-03 10:00  p1@acme  "Survey Answered" survey=q kind=nps score=1
2026-02-12 10:00  p1@acme  "Survey Answered" survey=c kind=csat score=1

want day 2026-02-02 = 0.8 (8/10) [0.4902..0.9433]
want week 2026-02-02 = 0.8 (8/10)
want month 2026-02-01 = 0.7273 (8/11)
want month 2026-02-01 by account acme = 0.8571 (6/7)
want day 2026-02-03 = null zero_denominator (0/0)
want day 2026-01-03 = null no_data
*/
