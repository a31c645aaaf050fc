-- name: new_active_accounts
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: New active accounts
-- title [pt-BR]: Contas ativas novas
-- definition [en]: Accounts that were active in the period and were created in it.
-- definition [pt-BR]: Contas que estiveram ativas no período e foram criadas nele.
-- formula [en]: accounts active in the period, not in the one before, whose creation (or first fact, if earlier) lies
--   in the period
-- formula [pt-BR]: contas ativas no período, não no anterior, cuja criação (ou primeiro fato, se anterior) cai no
--   período
-- rules [en]: An account's own creation counts, not that of its people: the trait created_at, else the sign-up, else
--   its first fact. Active = new + returning + resurrected. The period before is the whole calendar period; while the
--   current one is open it is incomplete. In the first period that has data there is nothing before it, and the value
--   is null.
-- rules [pt-BR]: Conta a criação da própria conta, não a das pessoas: o atributo created_at, senão o cadastro, senão
--   o primeiro fato. Ativas = novas + recorrentes + ressuscitadas. O período anterior é o período inteiro do
--   calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não há
--   anterior, e o valor é nulo.
-- reading [en]: New customers who began to use at once. Those created and not here signed up and did nothing yet.
-- reading [pt-BR]: Clientes novos que começaram logo a usar. As criadas que não estão aqui se cadastraram e ainda
--   nada fizeram.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "accounts"}} AS c
JOIN (
  SELECT a.account AS born_account, least(a.created_day, a.seen_day) AS born_day FROM {{accounts "unfiltered"}} AS a
) AS b ON b.born_account = c.account
WHERE c.earlier = 0 AND b.born_day >= c.period

/* example
now 2026-02-25 12:00
2025-12-20 10:00  zed@initech  page
2026-01-15 10:00  old@initech  page
2026-02-02 10:00  ana@acme  page
2026-02-02 09:00  @hooli  group created_at=2025-06-01T10:00:00Z
2026-02-03 10:00  bia@globex  page
2026-02-09 10:00  ben@acme  page
2026-02-10 10:00  old@initech  page
2026-02-11 10:00  dia@hooli  page
2026-02-12 10:00  eva@umbrella  page
2026-02-16 10:00  ana@acme  page
2026-02-18 10:00  bia@globex  page
2026-02-19 10:00  zoe  page

want week 2026-02-02 = 2
want week 2026-02-09 = 1
want week 2026-02-16 = 0
want week 2026-02-23 = null no_data
want month 2026-02-01 = 3 incomplete
want month 2026-01-01 = null window_not_covered (0/) incomplete
*/
