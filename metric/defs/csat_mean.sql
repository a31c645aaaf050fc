-- name: csat_mean
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
-- title [en]: Mean CSAT
-- title [pt-BR]: CSAT médio
-- definition [en]: The mean of the satisfaction answers of the period, from 1 to 5.
-- definition [pt-BR]: A média das respostas de satisfação do período, de 1 a 5.
-- formula [en]: sum of the scores / answers
-- formula [pt-BR]: soma das notas / respostas
-- rules [en]: Answers of kind csat on the scale of 5, from 1 to 5; every answer counts, because it is about what
--   happened and not about who answers. Other scales and employee surveys do not count. Nobody answered: null. Breakdowns
--   use the attribute on the day of the answer.
-- rules [pt-BR]: Respostas do tipo csat na escala de 5, de 1 a 5; toda resposta conta, porque é sobre o que
--   aconteceu e não sobre quem responde. Outras escalas e pesquisas com funcionários não contam. Ninguém respondeu: nulo.
--   As quebras usam o atributo no dia da resposta.
-- reading [en]: A mean hides its shape: two camps of ones and fives look like contentment. Read it beside the
--   distribution and the share of 4 and 5.
-- reading [pt-BR]: A média esconde a forma: um grupo que dá 1 e outro que dá 5 parecem satisfação. Leia ao lado da
--   distribuição e da parte de 4 e 5.
SELECT a.grp AS grp, a.id AS unit, a.account AS account, d.period AS period, a.score AS numerator
FROM {{answers}} AS a
JOIN {{days}} AS d ON d.day = a.day
WHERE a.kind = 'csat' AND a.scale = 5 AND a.score >= 1 AND a.relation <> 'employee' 

/* example
as in csat

want day 2026-02-02 = 4.2 (42/10) [3.32..5.08]
want week 2026-02-02 = 4.2 (42/10)
want month 2026-02-01 = 3.9091 (43/11)
want month 2026-02-01 by account acme = 4.4286 (31/7)
want day 2026-02-03 = null zero_denominator (0/0)
*/
