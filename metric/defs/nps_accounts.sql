-- name: nps_accounts
-- group: voice
-- unit: points
-- direction: up
-- aggregation: mean
-- grains: month, week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: accounts
-- title [en]: NPS by account
-- title [pt-BR]: NPS por conta
-- definition [en]: The mean of the accounts’ own Net Promoter Scores: every account that answered in the period
--   weighs the same, however many of its people did.
-- definition [pt-BR]: A média dos NPS de cada conta: toda conta que respondeu no período pesa o mesmo, não importa
--   quantas das suas pessoas responderam.
-- formula [en]: sum over accounts of 100 × (promoters − detractors) / people of the account who answered, divided by
--   accounts
-- formula [pt-BR]: soma, entre as contas, de 100 × (promotores − detratores) / pessoas da conta que responderam,
--   dividida pelas contas
-- rules [en]: The answers are those of the Net Promoter Score (relational, latest of each person in the period) of
--   people with an account. The weight of an answer is one by how many the account gave. The interval is that of a mean
--   of accounts (Student), cut at ±100: people of one account are not independent, accounts are. Nobody answered: null.
-- rules [pt-BR]: As respostas são as do Net Promoter Score (relacional, a última de cada pessoa no período) de
--   pessoas com conta. O peso de uma resposta é um dividido por quantas a conta deu. O intervalo é o de uma média de
--   contas (Student), cortado em ±100: pessoas da mesma conta não são independentes, contas são. Ninguém respondeu: nulo.
-- reading [en]: In business-to-business one account with forty users must not outvote forty accounts. When it lies
--   below the plain score, it is the small accounts that are unhappy.
-- reading [pt-BR]: Em B2B, uma conta com quarenta usuários não pode valer mais que quarenta contas. Quando fica
--   abaixo do NPS simples, quem está insatisfeito são as contas pequenas.
SELECT w.grp AS grp, w.account AS unit, w.account AS account, w.period AS period,
  100 * f64(sum(CASE WHEN w.score >= 9 THEN 1 WHEN w.score >= 7 THEN 0 ELSE -1 END)) / f64(count(*)) AS numerator
FROM {{voters "relational"}} AS w
WHERE w.account <> ''
GROUP BY w.grp, w.account, w.period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  p{1..4}@acme  "Survey Answered" survey=q1 kind=nps score=10
2026-02-03 10:00  q1@globex  "Survey Answered" survey=q1 kind=nps score=3
2026-02-03 10:00  r1@initech  "Survey Answered" survey=q1 kind=nps score=9
2026-02-03 10:00  r2@initech  "Survey Answered" survey=q1 kind=nps score=5
2026-02-04 10:00  nobody  "Survey Answered" survey=q1 kind=nps score=10

want month 2026-02-01 = 0 (0/3) [-100..100]
want week 2026-02-02 = 0 (0/3)
want month 2026-02-01 by account acme = 100 (100/1)
want month 2026-01-01 = null no_data
*/
