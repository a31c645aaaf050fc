-- name: user_expansion
-- group: adoption
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: 55
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- of: accounts
-- title [en]: Expansion of users
-- title [pt-BR]: Expansão de usuários
-- definition [en]: How many people use the product in the last 28 days for each one who did in the 28 days before.
-- definition [pt-BR]: Quantas pessoas usam o produto nos últimos 28 dias para cada uma que usava nos 28 dias
--   anteriores.
-- formula [en]: people of each account active in the 28 days that end with the period / those active in the 28 days
--   before
-- formula [pt-BR]: pessoas de cada conta ativas nos 28 dias que terminam com o período / as ativas nos 28 dias
--   anteriores
-- rules [en]: The third mission of adoption, users. 1 is as many as before. A person of two accounts counts in both.
--   Accounts that were not active in either window are left out; those that began in the second count in the numerator
--   only.
-- rules [pt-BR]: A terceira missão da adoção, usuários. 1 é o mesmo que antes. Uma pessoa de duas contas conta nas
--   duas. Contas sem atividade em nenhuma das janelas ficam de fora; as que começaram na segunda contam só no numerador.
-- reading [en]: Above 1 use spreads in the teams. A fall of one account below 1 is an early sign that a department
--   gives up.
-- reading [pt-BR]: Acima de 1, o uso se espalha nas equipes. Uma conta que cai abaixo de 1 é um sinal cedo de que uma
--   área desiste.
WITH used AS (
  SELECT v.grp AS grp, v.account AS account, v.day AS day, v.key AS key
  FROM {{presence 55}} AS v
  WHERE v.key <> 0 AND v.account <> ''
)
SELECT b.grp AS grp, b.account AS unit, b.account AS account, b.period AS period, b.recent AS numerator, b.before AS denominator
FROM {{breadth "used" "key"}} AS b

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
2026-01-10 09:00  p{1..4}@acme  "Signed In"
2026-02-10 09:00  p{3..8}@acme  "Signed In"
2026-01-10 09:00  q{1..4}@globex  "Signed In"
2026-02-10 09:00  q1@globex  "Signed In" x9

want month 2026-02-01 = 0.875 (7/8) [0..8.816]
want month 2026-02-01 by account acme = 1.5 (6/4)
want week 2026-02-09 = 0.875 (7/8)
*/
