-- name: grr_lines_12m
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: share
-- title [en]: Gross revenue retention over 12 months, line by line
-- title [pt-BR]: Retenção bruta de receita em 12 meses, linha a linha
-- definition [en]: How much of each subscription of twelve months ago is still there.
-- definition [pt-BR]: Quanto de cada assinatura de doze meses atrás ainda existe.
-- formula [en]: sum over the subscriptions of the accounts that paid twelve months before the end of the period of the
--   lesser of their MRR at its end and then / their MRR then
-- formula [pt-BR]: soma, entre as assinaturas das contas que pagavam doze meses antes do fim do período, do menor entre
--   o MRR no fim dele e o de então / o MRR de então
-- rules [en]: As gross revenue retention, line by line, but the cohort is that of twelve months before the period's last
--   day, whichever the grain, at the rates of its opening. Without facts that old: null.
-- rules [pt-BR]: Como a retenção bruta de receita, linha a linha, mas a coorte é a de doze meses antes do último dia do
--   período, seja qual for o grão, às taxas da sua abertura. Sem fatos tão antigos: nulo.
-- reading [en]: Below the gross revenue retention of 12 months by what was lost in one product and won in another within
--   the year.
-- reading [pt-BR]: Abaixo da retenção bruta de 12 meses pelo que se perdeu em um produto e se ganhou em outro durante o
--   ano.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.kept AS numerator, c.before AS denominator
FROM {{cohort 12}} AS c

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2025-01-10 10:00  @acme  "Subscription Started" subscription=x1 mrr=100 currency=BRL product=Core
2025-01-10 10:00  @acme  "Subscription Started" subscription=x2 mrr=50 currency=BRL product=Flows
2026-02-10 10:00  @acme  "Subscription Cancelled" subscription=x2
2026-02-11 10:00  @acme  "Subscription Started" subscription=x3 mrr=80 currency=BRL product=Data

want month 2026-02-01 = 0.6667 (100/150)
want month 2026-01-01 = 1 (150/150)
want week 2026-02-09 = 0.6667 (100/150)
*/
