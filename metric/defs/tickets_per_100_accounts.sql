-- name: tickets_per_100_accounts
-- group: voice
-- unit: index
-- direction: down
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: accounts
-- title [en]: Tickets per 100 customers
-- title [pt-BR]: Chamados por 100 clientes
-- definition [en]: How many tickets a hundred of the customers at the start of the period opened during it.
-- definition [pt-BR]: Quantos chamados cada cem dos clientes do início do período abriram durante ele.
-- formula [en]: 100 × tickets opened by customers at the start / customers at the start
-- formula [pt-BR]: 100 × chamados abertos por clientes do início / clientes no início
-- rules [en]: Customers are the accounts with MRR, or paused, at the end of the day before the period; tickets of
--   trials and of accounts that came later do not count. A ticket counts on the day it was first opened. The interval is
--   over accounts. No customer: null.
-- rules [pt-BR]: Clientes são as contas com MRR, ou pausadas, no fim do dia anterior ao período; chamados de testes
--   e de contas que vieram depois não contam. Um chamado conta no dia em que foi aberto pela primeira vez. O intervalo é
--   entre contas. Nenhum cliente: nulo.
-- reading [en]: The load of support on the same footing whatever the size of the base. A rise with a release is a
--   defect; a slow rise is a product that has become harder.
-- reading [pt-BR]: A carga do suporte em base comparável, seja qual for o tamanho da base. Uma alta com um
--   lançamento é defeito; uma alta lenta é um produto que ficou mais difícil.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period,
  100 * coalesce(t.opened, 0) AS numerator, 1 AS denominator
FROM {{customersAt "start"}} AS c
LEFT JOIN (
  SELECT o.account_id AS account_id, d.period AS opened_period, i64(count(*)) AS opened
  FROM (
    SELECT x.account AS account_id, x.ticket AS ticket_id, min(x.day) AS opened_day
    FROM {{tickets "unfiltered"}} AS x
    WHERE x.action = 'opened'
    GROUP BY x.account, x.ticket
  ) AS o
  JOIN {{days}} AS d ON d.day = o.opened_day
  GROUP BY o.account_id, d.period
) AS t ON t.account_id = c.account AND t.opened_period = c.period

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00

2026-01-05 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL
2026-01-05 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL
2026-02-02 10:00  @initech  "Subscription Started" subscription=s3 mrr=100 currency=BRL
2026-02-03 10:00  ana@acme  "Ticket Opened" ticket={}
2026-02-04 10:00  ana{1..3}@acme  "Ticket Opened" ticket=t{}
2026-02-05 10:00  bia@initech  "Ticket Opened" ticket=9

want month 2026-02-01 = 200 (400/2)
want week 2026-02-02 = 200 (400/2)
want month 2026-02-01 by account globex = 0 (0/1)
want month 2026-01-01 = null zero_denominator (0/0)
want month 2025-12-01 = null no_data
*/
