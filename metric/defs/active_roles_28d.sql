-- name: active_roles_28d
-- group: usage
-- unit: count
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 28
-- of: accounts
-- title [en]: Roles that use the product
-- title [pt-BR]: Papéis que usam o produto
-- definition [en]: How many different roles people who were active in the last 28 days have, per account, on average.
-- definition [pt-BR]: Quantos papéis diferentes têm as pessoas ativas nos últimos 28 dias, por conta, em média.
-- formula [en]: different roles of the people active in the 28 days up to D, summed over accounts / accounts with at
--   least one
-- formula [pt-BR]: papéis diferentes das pessoas ativas nos 28 dias até D, somados entre as contas / contas com pelo
--   menos um
-- rules [en]: The role is that of day D: as the team says on the person's page, else the attribute role, in the product's
--   own words where these stand for no role that is known. Send the team or department as role to count these. People
--   without one count nowhere, and accounts with nobody that has one are left out.
-- rules [pt-BR]: O papel é o do dia D: como a equipe diz na página da pessoa, senão o atributo role, nas palavras do
--   próprio produto quando não correspondem a um papel conhecido. Envie a equipe ou o departamento como role para
--   contá-los. Pessoas sem papel não contam, e contas sem ninguém que tenha um ficam de fora.
-- reading [en]: Breadth across roles is what makes a product hard to drop: one department can leave, four hardly. Watch
--   it per account before a renewal.
-- reading [pt-BR]: A abrangência entre papéis torna um produto difícil de largar: um departamento pode sair, quatro
--   dificilmente. Acompanhe-a por conta antes de uma renovação.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, p.period AS period, i64(count(DISTINCT x.val)) AS numerator
FROM (
  SELECT DISTINCT v.grp AS grp, v.account AS account, v.day AS day, r.val AS val, r.from_day AS from_day, r.to_day AS to_day
  FROM {{presence 27}} AS v
  JOIN {{roles}} AS r ON r.person = v.person
  WHERE r.val <> '' AND v.account <> ''
) AS x
JOIN {{periods}} AS p ON x.day <= p.last AND x.day >= addDaysN(p.last, -27) AND x.from_day <= p.last AND x.to_day > p.last
GROUP BY x.grp, x.account, p.period

/* example
now 2026-03-10 12:00
2026-01-05 10:00  old@hooli  page
2026-02-01 10:00  ana@acme  identify role=Champion
2026-02-20 10:00  ana@acme  page
2026-02-24 10:00  rui@acme  page
2026-02-25 10:00  rui@acme  identify role=finance
2026-02-25 10:00  eva@acme  page
2026-02-26 10:00  eva@acme  identify role=finance
2026-02-20 10:00  ben@globex  page
2026-02-21 10:00  ben@globex  identify role=analyst
2026-02-22 10:00  cid@initech  page
2026-03-08 10:00  eva@acme  identify role=sales

want month 2026-02-01 = 1.5 (3/2)
want month 2026-02-01 by account acme = 2 (2/1)
want week 2026-02-16 = 1 (2/2)
want month 2026-03-01 by account acme = 3 (3/1) incomplete
*/
