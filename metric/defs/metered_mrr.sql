-- name: metered_mrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Metered MRR
-- title [pt-BR]: MRR de uso
-- definition [en]: Recurring revenue from metered use: the mean of the last three closed months.
-- definition [pt-BR]: Receita recorrente de uso medido: a média dos três últimos meses fechados.
-- formula [en]: sum over active subscriptions of the use billed in the three local months before that of the last day
--   / three, or as many as there have been
-- formula [pt-BR]: soma, entre as assinaturas ativas, do uso cobrado nos três meses locais anteriores ao do último
--   dia / três, ou quantos houver
-- rules [en]: A line of its own beside MRR; in MRR only when setting conventions says so. Use is of the month in
--   which it was billed for (Usage Billed). A subscription that is not active has none.
-- rules [pt-BR]: Uma linha própria ao lado do MRR; só entra no MRR se a configuração de convenções disser. O uso é do
--   mês a que a cobrança se refere (Usage Billed). Uma assinatura inativa não tem.
-- reading [en]: The part of revenue that moves with use. Committed minimums belong in MRR.
-- reading [pt-BR]: A parte da receita que se move com o uso. Mínimos contratados pertencem ao MRR.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
FROM {{payingAt "end" "metered"}} AS p

/* example
zone America/Sao_Paulo
now 2026-06-10 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-20 10:00  @acme  "Usage Billed" subscription=a amount=30 currency=BRL
2026-02-20 10:00  @acme  "Usage Billed" subscription=a amount=60 currency=BRL
2026-03-20 10:00  @acme  "Usage Billed" subscription=a amount=33.01 currency=BRL
2026-05-20 10:00  @acme  "Subscription Cancelled" subscription=a

want month 2026-02-01 = 30.00
want month 2026-03-01 = 45.00
want month 2026-04-01 = 41.00
want month 2026-05-01 = 0
want week 2026-03-02 = 45.00
want day 2026-01-31 = 0
*/
