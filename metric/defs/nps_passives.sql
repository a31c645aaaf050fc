-- name: nps_passives
-- group: voice
-- unit: persons
-- direction: neutral
-- aggregation: sum
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Passives
-- title [pt-BR]: Neutros
-- definition [en]: People whose latest answer of the period to the relational NPS question was 7 or 8.
-- definition [pt-BR]: Pessoas cuja última resposta do período à pergunta do NPS relacional foi 7 ou 8.
-- formula [en]: people who answered 7 or 8 (latest answer of the period)
-- formula [pt-BR]: pessoas que deram nota 7 ou 8 (última resposta do período)
-- rules [en]: The same people as in the Net Promoter Score: each counts once per period, with the latest answer;
--   transactional and employee surveys are apart. Breakdowns use the attribute on the day of the answer.
-- rules [pt-BR]: As mesmas pessoas do Net Promoter Score: cada uma conta uma vez por período, com a última resposta;
--   pesquisas transacionais e com funcionários ficam à parte. As quebras usam o atributo no dia da resposta.
-- reading [en]: The three counts together are the score and more: a score of 20 may be 20 promoters among passives,
--   or 60 promoters against 40 detractors.
-- reading [pt-BR]: As três contagens juntas dizem mais que o número: um NPS de 20 pode ser 20 promotores entre
--   neutros, ou 60 promotores contra 40 detratores.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period, 1 AS numerator
FROM {{voters "relational"}} AS w
WHERE w.score >= 7 AND w.score < 9

/* example
as in nps_promoters

want day 2026-02-02 = 1
want week 2026-02-02 = 1
want month 2026-02-01 = 1
want day 2026-02-21 = 0
want month 2026-03-01 = null no_data
*/
