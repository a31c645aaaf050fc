-- name: past_due_mrr
-- group: revenue
-- unit: money
-- direction: down
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Past due MRR
-- title [pt-BR]: MRR em atraso
-- definition [en]: MRR of the subscriptions with an unpaid invoice.
-- definition [pt-BR]: MRR das assinaturas com fatura em aberto.
-- formula [en]: sum over the subscriptions that have had a failed payment and no successful one since, and are still
--   in MRR, of their MRR at the end of the last local day
-- formula [pt-BR]: soma, entre as assinaturas com um pagamento que falhou e nenhum bem-sucedido depois, ainda no MRR,
--   do seu MRR no fim do último dia local
-- rules [en]: Still in MRR: after 30 days (setting conventions) it leaves it as churn. A payment that names no
--   subscription is for all of the account.
-- rules [pt-BR]: Ainda está no MRR: após 30 dias (configuração de convenções) sai dele como churn. Um pagamento que
--   não diz a assinatura vale para todas da conta.
-- reading [en]: What is lost next month if nobody writes today.
-- reading [pt-BR]: O que se perde no mês que vem se ninguém escrever hoje.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
FROM {{payingAt "end" "due"}} AS p

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
set conventions {"past_due_days": 20}
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @globex  "Subscription Started" subscription=g mrr=70 currency=BRL
2026-02-20 10:00  @acme  "Payment Failed" subscription=a
2026-02-25 10:00  @globex  "Payment Failed"
2026-03-02 10:00  @globex  "Payment Succeeded" subscription=g
2026-03-25 10:00  @acme  "Payment Succeeded"

want month 2026-02-01 = 170.00
want week 2026-03-02 = 100.00
want day 2026-03-11 = 100.00
want day 2026-03-12 = 0
want month 2026-03-01 = 0
*/
