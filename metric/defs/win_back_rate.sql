-- name: win_back_rate
-- group: churn
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month
-- reach: forever
-- waits: 90
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Win-back rate
-- title [pt-BR]: Taxa de recuperação
-- definition [en]: Of the customers that left in the period, the share that came back within 90 days.
-- definition [pt-BR]: Dos clientes que saíram no período, a parte que voltou em até 90 dias.
-- formula [en]: accounts that left in the period and were customers again on one of the days 1 to 89 after / accounts
--   that left in the period at least 90 days ago
-- formula [pt-BR]: contas que saíram no período e voltaram a ser clientes em um dos dias 1 a 89 depois / contas que
--   saíram no período há pelo menos 90 dias
-- rules [en]: Only departures whose 90 days have passed count, the early returns included: counting those at once
--   would bias the rate upwards. The first departure of an account in the period counts. Breakdowns use the attribute
--   on its last day as a customer. None old enough: null.
-- rules [pt-BR]: Só contam saídas cujos 90 dias já passaram, inclusive as voltas rápidas: contá-las logo enviesaria a
--   taxa para cima. Conta a primeira saída da conta no período. As quebras usam o atributo no seu último dia como
--   cliente. Nenhuma antiga o bastante: nulo.
-- reading [en]: What offers and talks after the goodbye bring. Failed payments come back most: look at the two kinds
--   apart.
-- reading [pt-BR]: O que ofertas e conversas depois da despedida trazem. Pagamentos que falharam voltam mais: olhe os
--   dois tipos separados.
SELECT w.grp AS grp, w.account AS unit, w.account AS account, w.left_period AS period,
  CASE WHEN coalesce(w.back_day, DATE '2149-01-01') < addDaysN(w.left_day, 90) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT x.grp AS grp, x.account AS account, d.period AS left_period, x.to_day AS left_day, x.next_day AS back_day,
    row_number() OVER (PARTITION BY x.account, d.period ORDER BY x.n) AS place
  FROM {{stays "left"}} AS x
  JOIN {{days}} AS d ON d.day = x.to_day
) AS w
WHERE w.place = 1 AND addDaysN(w.left_day, 90) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-07-10 12:00
2026-01-10 10:00  @c{1..20}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-10 10:00  @c{1..8}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-20 10:00  @c1  "Subscription Started" subscription=t1 mrr=80 currency=BRL
2026-05-10 10:00  @c2  "Subscription Started" subscription=t2 mrr=80 currency=BRL
2026-05-11 10:00  @c3  "Subscription Started" subscription=t3 mrr=80 currency=BRL
2026-05-20 10:00  @c{11..12}  "Subscription Cancelled" subscription=s{} reason=price
2026-05-30 10:00  @c11  "Subscription Started" subscription=t11 mrr=80 currency=BRL

want month 2026-02-01 = 0.25 (2/8) [0.0715..0.5907]
want month 2026-05-01 = null window_open (0/0) incomplete
want month 2026-03-01 = null zero_denominator (0/0)
want month 2026-02-01 as of 2026-05-10 = 0.25 (2/8) incomplete
want month 2026-02-01 as of 2026-05-09 = null window_open (0/0) incomplete
*/
