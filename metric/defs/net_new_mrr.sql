-- name: net_new_mrr
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
-- title [en]: Net new MRR
-- title [pt-BR]: MRR novo líquido
-- definition [en]: How much MRR grew or shrank.
-- definition [pt-BR]: Quanto o MRR cresceu ou encolheu.
-- formula [en]: new + reactivated + expansion - contraction - churned - paused + resumed + exchange rates
-- formula [pt-BR]: novo + reativado + expansão - contração - churn - pausado + retomado + câmbio
-- rules [en]: Equals MRR at the end less MRR at the start, to the minor unit. In a segment it does not hold what came
--   or went because an account changed the segment; the page Revenue shows that as transfers. Amounts are at the
--   rates of their day; a change within a day is netted. Breakdowns use the attribute at the end of the day on which
--   the MRR moved.
-- rules [pt-BR]: É igual ao MRR no fim menos o do início, até o centavo. Em um segmento, não inclui o que entrou ou
--   saiu porque uma conta mudou de segmento; a página Receita mostra isso como transferências. Os valores usam as
--   taxas do dia; o que muda dentro de um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se
--   moveu.
-- reading [en]: The one number for growth of recurring revenue; the ledger says what it is made of.
-- reading [pt-BR]: O número do crescimento da receita recorrente; o razão diz do que ele é feito.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind <> 'transfer'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 320.00
want month 2026-03-01 = 435.00
want week 2026-02-09 = -295.00
*/
