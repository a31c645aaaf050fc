-- name: seat_utilisation
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 28
-- of: accounts
-- bounds: positive
-- title [en]: Seat utilisation
-- title [pt-BR]: Utilização de licenças
-- definition [en]: People active in the 28 days up to the last day of the period for each seat that the accounts have
--   contracted on that day.
-- definition [pt-BR]: Pessoas ativas nos 28 dias até o último dia do período para cada licença contratada pelas
--   contas nesse dia.
-- formula [en]: active people of the accounts with seats / contracted seats
-- formula [pt-BR]: pessoas ativas das contas com licenças / licenças contratadas
-- rules [en]: Seats are those of the active subscriptions (property seats) at the end of the last day; what an event
--   leaves out stays as it was. Accounts without seats are left out, and without any the value is null. Above 1 more
--   people use the product than there are seats. A ratio of sums: large accounts weigh more.
-- rules [pt-BR]: As licenças são as das assinaturas ativas (propriedade seats) no fim do último dia; o que um evento
--   omite fica como estava. Contas sem licenças ficam fora e, sem nenhuma, o valor é nulo. Acima de 1 mais pessoas
--   usam o produto do que há licenças. Razão de somas: contas grandes pesam mais.
-- reading [en]: Low: the customer pays for seats that nobody uses and will ask for fewer at renewal. Near or above 1:
--   a talk about more seats.
-- reading [pt-BR]: Baixa: o cliente paga por licenças que ninguém usa e pedirá menos na renovação. Perto ou acima de
--   1: uma conversa sobre mais licenças.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period, coalesce(u.people, 0) AS numerator, s.seats AS denominator
FROM {{seatsAt}} AS s
LEFT JOIN (
  SELECT v.account AS used_account, t.period AS used_period, i64(count(DISTINCT v.key)) AS people
  FROM (SELECT DISTINCT x.account AS account, x.key AS key, x.day AS day FROM {{present 27 "unfiltered"}} AS x WHERE x.key <> 0 AND x.account <> '') AS v
  JOIN {{trailing 28}} AS t ON t.day = v.day
  GROUP BY v.account, t.period
) AS u ON u.used_account = s.account AND u.used_period = s.period

/* example
now 2026-03-10 12:00
2026-01-02 10:00  ana@acme  page
2026-01-05 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL seats=4
2026-01-05 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL seats=1
2026-01-05 10:00  @initech  "Subscription Started" subscription=s3 mrr=100 currency=BRL
2026-02-10 10:00  u{1..3}@acme  page x2
2026-02-20 10:00  v{1..2}@globex  page
2026-02-20 10:00  w{1..9}@initech  page
2026-02-25 10:00  @acme  "Subscription Changed" subscription=s1 mrr=90 currency=BRL
2026-03-01 10:00  @acme  "Subscription Changed" subscription=s1 seats=8
2026-03-02 10:00  @globex  "Subscription Cancelled" subscription=s2
2026-02-26 10:00  @globex  group plan=pro

want month 2026-02-01 = 1 (5/5)
want month 2026-01-01 = 0 (0/5)
want week 2026-02-23 = 0.556 (5/9)
want month 2026-03-01 = 0 (0/8) incomplete
want month 2026-02-01 by account acme = 0.75 (3/4)
want month 2026-02-01 by account globex = 2 (2/1)
want month 2026-02-01 by plan pro = 2 (2/1)
want week 2025-12-29 = null window_not_covered incomplete
*/
