-- name: cmrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Committed MRR (CMRR)
-- title [pt-BR]: MRR comprometido (CMRR)
-- definition [en]: MRR as it will be when all that is signed, or given notice of, has taken effect.
-- definition [pt-BR]: O MRR como será quando tudo o que está assinado ou avisado passar a valer.
-- formula [en]: MRR at the end of the last local day + contracts signed by then that start later - cancellations and
--   reductions known by then that take effect later
-- formula [pt-BR]: MRR no fim do último dia local + contratos assinados até então que começam depois - cancelamentos
--   e reduções conhecidos até então que valem depois
-- rules [en]: Each contract with what was known of it on that day. Discounts that end and metered use are not in it.
--   At the rates of the last day. Breakdowns use the attribute on it.
-- rules [pt-BR]: Cada contrato com o que se sabia dele naquele dia. Descontos que acabam e uso medido não entram. Às
--   taxas do último dia. As quebras usam o atributo nele.
-- reading [en]: Below MRR: you already know of losses that the MRR does not show yet.
-- reading [pt-BR]: Abaixo do MRR: você já sabe de perdas que o MRR ainda não mostra.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
FROM {{committed}} AS p

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @globex  "Subscription Started" subscription=g mrr=70 currency=BRL
2026-02-10 10:00  @globex  "Subscription Cancelled" subscription=g ends_at=2026-05-01T12:00:00Z
2026-02-20 10:00  @initech  "Subscription Started" subscription=i amount=1200 interval=year currency=BRL starts_at=2026-04-01T12:00:00Z
2026-03-02 10:00  @acme  "Subscription Changed" subscription=a mrr=90 currency=BRL effective_at=2026-04-15T12:00:00Z

want month 2026-01-01 = 170.00
want month 2026-02-01 = 200.00
want month 2026-03-01 = 190.00 incomplete
want week 2026-02-09 = 100.00
want week 2026-03-02 = 190.00
*/
