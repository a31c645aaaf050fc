-- name: fx_mrr
-- group: revenue
-- unit: money
-- direction: neutral
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: MRR from exchange rates
-- title [pt-BR]: MRR de câmbio
-- definition [en]: What MRR gained or lost because exchange rates moved.
-- definition [pt-BR]: O que o MRR ganhou ou perdeu porque o câmbio mudou.
-- formula [en]: sum over days on which a rate changed of (MRR of the day before in that currency) x (new rate - old
--   rate)
-- formula [pt-BR]: soma, nos dias em que uma taxa mudou, de (MRR do dia anterior naquela moeda) x (taxa nova - taxa
--   antiga)
-- rules [en]: Only rates with a date make it (setting company). Whole minor units per subscription, so that opening
--   MRR plus all movements is closing MRR exactly.
-- rules [pt-BR]: Só as taxas com data a formam (configuração da empresa). Centavos inteiros por assinatura, para que
--   o MRR de abertura mais os movimentos seja exatamente o de fechamento.
-- reading [en]: Nobody bought or left: this line keeps the others clean.
-- reading [pt-BR]: Ninguém comprou nem saiu: esta linha mantém as outras limpas.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'fx'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 5.00
want week 2026-02-09 = 5.00
want month 2026-01-01 = 0
*/
