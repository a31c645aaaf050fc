-- name: new_customers
-- group: lifecycle
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: accounts
-- title [en]: New customers
-- title [pt-BR]: Novos clientes
-- definition [en]: Accounts that paid for the first time in the period.
-- definition [pt-BR]: Contas que pagaram pela primeira vez no período.
-- formula [en]: accounts whose first day with MRR above zero falls in the period
-- formula [pt-BR]: contas cujo primeiro dia com MRR acima de zero cai no período
-- rules [en]: The first day at whose end the account had MRR, in its whole history: one that comes back is no new
--   customer. MRR is in the company’s currency; a currency without a rate does not count. Breakdowns use the attribute on
--   that day.
-- rules [pt-BR]: O primeiro dia em cujo fim a conta tinha MRR, em toda a história: quem volta não é cliente novo. O
--   MRR é na moeda da empresa; moeda sem cotação não conta. As quebras usam o atributo naquele dia.
-- reading [en]: The inflow of customers. With lost customers it says whether the base grows.
-- reading [pt-BR]: A entrada de clientes. Com os perdidos, diz se a base cresce.
SELECT f.grp AS grp, f.account AS unit, f.account AS account, d.period AS period, 1 AS numerator
FROM {{firstPaid}} AS f
JOIN {{days}} AS d ON d.day = f.day

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  @acme  group plan=pro
2026-02-02 10:00  @acme  "Subscription Started" subscription=s1 mrr=0 currency=BRL
2026-02-10 10:00  @acme  "Subscription Changed" subscription=s1 mrr=100 currency=BRL
2026-02-11 10:00  @globex  "Subscription Started" subscription=s2 mrr=50 currency=BRL
2026-03-01 10:00  @globex  "Subscription Cancelled" subscription=s2
2026-04-01 10:00  @globex  "Subscription Started" subscription=s3 mrr=50 currency=BRL

want day 2026-02-10 = 1
want week 2026-02-09 = 2
want month 2026-02-01 = 2
want month 2026-02-01 by plan pro = 1
want month 2026-04-01 = 0
want month 2026-01-01 = null no_data
*/
