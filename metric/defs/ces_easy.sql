-- name: ces_easy
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
-- title [en]: Easy (CES 5 to 7)
-- title [pt-BR]: Fácil (CES de 5 a 7)
-- definition [en]: The share of the effort answers of the period that were 5, 6 or 7 on the scale of 7.
-- definition [pt-BR]: A parte das respostas de esforço do período que foi 5, 6 ou 7 na escala de 7.
-- formula [en]: answers of 5, 6 or 7 / answers
-- formula [pt-BR]: respostas 5, 6 ou 7 / respostas
-- rules [en]: Answers of kind ces on the scale of 7 (CES 2.0: how far one agrees that it was made easy; high is
--   good), from 1 to 7; every answer counts. CES 1.0, on a scale of 5 and with the opposite sign, is a metric of its own;
--   employee surveys do not count. Nobody answered: null. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo ces na escala de 7 (CES 2.0: o quanto se concorda que foi fácil; alto é bom), de
--   1 a 7; toda resposta conta. O CES 1.0, na escala de 5 e com o sinal contrário, é uma métrica à parte; pesquisas com
--   funcionários não contam. Ninguém respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: The share of people for whom it was easy, with an interval that can be believed for small numbers.
-- reading [pt-BR]: A parte das pessoas para quem foi fácil, com um intervalo confiável também para números pequenos.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, CASE WHEN a.score >= 5 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'ces' AND a.scale = 7 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
as in ces

want day 2026-02-02 = 0.6 (6/10) [0.3127..0.8318]
want week 2026-02-02 = 0.6 (6/10)
want month 2026-02-01 = 0.6364 (7/11)
want day 2026-02-03 = null zero_denominator (0/0)
*/
