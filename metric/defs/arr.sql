-- name: arr
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
-- title [en]: Annual recurring revenue (ARR)
-- title [pt-BR]: Receita anual recorrente (ARR)
-- definition [en]: Twelve times the MRR at the end of the period.
-- definition [pt-BR]: Doze vezes o MRR no fim do período.
-- formula [en]: 12 x MRR at the end of the last local day
-- formula [pt-BR]: 12 x MRR no fim do último dia local
-- rules [en]: A snapshot, never the sum of twelve months. All that goes for MRR goes for it.
-- rules [pt-BR]: Um retrato, nunca a soma de doze meses. Tudo o que vale para o MRR vale para ela.
-- reading [en]: The same as MRR, in the unit in which companies are compared.
-- reading [pt-BR]: O mesmo que o MRR, na unidade em que empresas são comparadas.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, 12 * p.mrr AS numerator
FROM {{payingAt "end"}} AS p

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
set conventions {"metered": true}
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-20 10:00  @acme  "Usage Billed" subscription=a amount=30 currency=BRL
2026-02-20 10:00  @acme  "Usage Billed" subscription=a amount=60 currency=BRL

want month 2026-01-01 = 1200.00
want month 2026-02-01 = 1560.00
want month 2026-03-01 = 1740.00
want week 2026-02-02 = 1560.00
want day 2026-02-01 = 1560.00
*/
