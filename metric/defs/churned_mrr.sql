-- name: churned_mrr
-- group: revenue
-- unit: money
-- direction: down
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Churned MRR
-- title [pt-BR]: MRR perdido (churn)
-- definition [en]: MRR of the customers that left.
-- definition [pt-BR]: MRR dos clientes que saíram.
-- formula [en]: sum over accounts of the MRR of the day before the one on which they were no longer customers
-- formula [pt-BR]: soma, entre as contas, do MRR do dia anterior àquele em que deixaram de ser clientes
-- rules [en]: Shown as a positive amount. A cancellation counts when the paid term ends, or when it was asked for
--   (setting conventions); an unpaid invoice after 30 days; a pause after 90 days, with what was paused. Amounts are
--   at the rates of their day; a change within a day is netted. Breakdowns use the attribute at the end of the day on
--   which the MRR moved.
--   An account that begins and ends within the period counts here unless the conventions leave it out
--   (new_and_lost).
-- rules [pt-BR]: Mostrado como valor positivo. Um cancelamento conta no fim do período pago, ou quando foi pedido
--   (configuração de convenções); uma fatura em aberto, após 30 dias; uma pausa, após 90 dias, com o que estava
--   pausado. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado. As quebras usam o atributo no
--   fim do dia em que o MRR se moveu.
--   Uma conta que começa e termina dentro do período conta aqui, a não ser que as convenções a deixem de fora
--   (new_and_lost).
-- reading [en]: The money behind the churn rate. Read it with the reasons, on the page Churn.
-- reading [pt-BR]: O dinheiro por trás da taxa de churn. Leia junto com os motivos, na página Churn.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(-sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'churn'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
set conventions {"pause_days": 30, "past_due_days": 20, "churn_at": "request"}
2026-01-10 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @b  "Subscription Started" subscription=b mrr=70 currency=BRL
2026-01-10 10:00  @c  "Subscription Started" subscription=c mrr=50 currency=BRL
2026-01-10 10:00  @d  "Subscription Started" subscription=d mrr=30 currency=BRL
2026-02-05 10:00  @b  "Subscription Paused" subscription=b
2026-02-10 10:00  @a  "Subscription Cancelled" subscription=a ends_at=2026-06-01T12:00:00Z reason=price
2026-02-20 10:00  @c  "Payment Failed" subscription=c
2026-02-20 10:00  @d  "Payment Failed" subscription=d
2026-03-05 10:00  @d  "Payment Succeeded" subscription=d

want month 2026-02-01 = 100.00
want month 2026-03-01 = 120.00
want week 2026-03-02 = 70.00
*/
