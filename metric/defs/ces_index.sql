-- name: ces_index
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
-- title [en]: CES index
-- title [pt-BR]: Índice CES
-- definition [en]: How many more found it very easy (6 or 7) than hard (1 to 3), per hundred answers.
-- definition [pt-BR]: Quantos a mais acharam muito fácil (6 ou 7) do que difícil (1 a 3), em cada cem respostas.
-- formula [en]: 100 × (answers of 6 or 7 − answers of 1 to 3) / answers
-- formula [pt-BR]: 100 × (respostas 6 ou 7 − respostas de 1 a 3) / respostas
-- rules [en]: Answers of kind ces on the scale of 7 (CES 2.0: how far one agrees that it was made easy; high is
--   good), from 1 to 7; every answer counts. CES 1.0, on a scale of 5 and with the opposite sign, is a metric of its own;
--   employee surveys do not count. Nobody answered: null. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo ces na escala de 7 (CES 2.0: o quanto se concorda que foi fácil; alto é bom), de
--   1 a 7; toda resposta conta. O CES 1.0, na escala de 5 e com o sinal contrário, é uma métrica à parte; pesquisas com
--   funcionários não contam. Ninguém respondeu: nulo. As quebras usam o atributo no dia da resposta.
-- reading [en]: From -100 to +100. It weighs both ends, as the Net Promoter Score does, and is as noisy: look at the
--   interval.
-- reading [pt-BR]: De -100 a +100. Pesa os dois extremos, como o NPS, e oscila tanto quanto ele: olhe o intervalo.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, CASE WHEN a.score >= 6 THEN 1 WHEN a.score <= 3 THEN -1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'ces' AND a.scale = 7 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
as in ces

want day 2026-02-02 = 10 (1/10)
want week 2026-02-02 = 10 (1/10)
want month 2026-02-01 = 18.18 (2/11)
want day 2026-02-03 = null zero_denominator (0/0)
*/
