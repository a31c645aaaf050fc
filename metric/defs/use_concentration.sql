-- name: use_concentration
-- group: usage
-- unit: ratio
-- direction: down
-- aggregation: ratio
-- grains: week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 28
-- of: accounts
-- title [en]: Concentration of use
-- title [pt-BR]: Concentração do uso
-- definition [en]: The share of the accounts' events of 28 days that the busiest person of each account did.
-- definition [pt-BR]: A parte dos eventos das contas em 28 dias feita pela pessoa que mais usa em cada conta.
-- formula [en]: sum over accounts of the events of the busiest person / events of all people of the accounts, in the
--   days D-27 to D
-- formula [pt-BR]: soma entre as contas dos eventos da pessoa que mais usa / eventos de todas as pessoas das contas,
--   nos dias D-27 a D
-- rules [en]: Per account it is the share of one person, 1 when only one uses the product. Together it is a ratio of
--   sums, so that busy accounts weigh more. Events that count as active. As long as the window begins before the
--   first fact, the value is null.
-- rules [pt-BR]: Por conta é a parte de uma pessoa, 1 quando só uma usa o produto. No conjunto é uma razão de somas,
--   de modo que contas movimentadas pesam mais. Eventos que contam como ativos. Enquanto a janela começa antes do
--   primeiro fato, o valor é nulo.
-- reading [en]: Near 1 the account depends on one person: when the champion leaves, so may the customer.
-- reading [pt-BR]: Perto de 1 a conta depende de uma pessoa: quando ela sai, o cliente pode sair também.
SELECT z.of_group AS grp, z.account_id AS unit, z.account_id AS account, z.in_period AS period,
  max(z.uses) AS numerator, i64(sum(z.uses)) AS denominator
FROM (
  SELECT a.grp AS of_group, a.account AS account_id, a.key AS person_key, t.period AS in_period, i64(sum(a.n)) AS uses
  FROM (
    SELECT v.grp AS grp, v.account AS account, v.key AS key, v.day AS day, i64(sum(v.n)) AS n
    FROM {{activity 27}} AS v
    WHERE v.account <> '' AND v.key <> 0 AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))
    GROUP BY v.grp, v.account, v.key, v.day
  ) AS a
  JOIN {{trailing 28}} AS t ON t.day = a.day
  GROUP BY a.grp, a.account, a.key, t.period
) AS z
GROUP BY z.of_group, z.account_id, z.in_period

/* example
now 2026-03-10 12:00
active "Report Created" $page
2026-01-20 10:00  ana@acme  page
2026-02-05 10:00  ana@acme  page x6
2026-02-06 10:00  ana@acme  "Report Created" x2
2026-02-06 11:00  ana@acme  "Signed In" x9
2026-02-10 10:00  ben@acme  page x2
2026-02-10 10:00  eva@globex  page x5

want month 2026-02-01 = 0.867 (13/15)
want month 2026-02-01 by account acme = 0.8 (8/10)
want month 2026-02-01 by account globex = 1 (5/5)
want week 2026-03-02 = 1 (7/7)
want month 2026-01-01 = null window_not_covered (1/1) incomplete
*/
