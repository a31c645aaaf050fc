-- name: logo_churn_rate_30d
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Customer churn rate, rolling 30 days
-- title [pt-BR]: Taxa de churn de clientes, 30 dias móveis
-- definition [en]: Of the accounts that were customers 30 days before the period's last day or became customers
--   since, the share that are none at its end.
-- definition [pt-BR]: Das contas que eram clientes 30 dias antes do último dia do período ou se tornaram clientes
--   desde então, a parte que não é mais no seu fim.
-- formula [en]: accounts that left in the 30 days and are not back / (customers 30 days ago + accounts that became
--   customers in the 30 days)
-- formula [pt-BR]: contas que saíram nos 30 dias e não voltaram / (clientes há 30 dias + contas que se tornaram
--   clientes nos 30 dias)
-- rules [en]: The way in which Stripe counts: those who joined and left within the 30 days are in both numbers. A
--   customer pays an MRR above zero, or has paused for less than the days of setting conventions; then a pause is
--   churn. Breakdowns use the attribute on the last day, or on an account's last day as a customer.
-- rules [pt-BR]: O modo como a Stripe conta: quem entrou e saiu dentro dos 30 dias está nos dois números. Um cliente
--   paga um MRR acima de zero, ou pausou há menos dias que os da configuração de convenções; depois a pausa é churn.
--   As quebras usam o atributo no último dia, ou no último dia da conta como cliente.
-- reading [en]: Moves every day and compares with what a billing system shows; for a board use the rate per month.
-- reading [pt-BR]: Move todo dia e se compara com o que um sistema de cobrança mostra; para a diretoria use a taxa
--   por mês.
SELECT e.grp AS grp, e.account AS unit, e.account AS account, e.period AS period, 0 AS numerator, 1 AS denominator
FROM {{customersAt "end"}} AS e
UNION ALL
SELECT x.grp AS grp, x.account AS unit, x.account AS account, p.period AS period, 1 AS numerator, 1 AS denominator
FROM {{stays "left"}} AS x
JOIN {{periods}} AS p ON x.to_day <= p.last AND x.to_day > addDaysN(p.last, -30)
WHERE coalesce(x.next_day, DATE '2149-01-01') > p.last

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @c{1..90}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-05 10:00  @c{91..100}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-20 10:00  @c{1..3}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-20 10:00  @c{99..100}  "Subscription Cancelled" subscription=s{} reason=price
2026-01-29 10:00  @c4  "Subscription Cancelled" subscription=s4
2026-02-15 10:00  @c5  "Subscription Cancelled" subscription=s5
2026-02-25 10:00  @c5  "Subscription Started" subscription=t5 mrr=80 currency=BRL

want month 2026-02-01 = 0.0505 (5/99) [0.0218..0.1128]
want day 2026-02-27 = 0.06 (6/100)
want day 2026-03-03 = 0.0505 (5/99)
want week 2026-03-02 = 0.0505 (5/99)
want day 2026-02-24 = 0.07 (7/100)
want month 2026-03-01 = 0.0505 (5/99) incomplete
*/
