-- name: paused_mrr
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
-- title [en]: Paused MRR
-- title [pt-BR]: MRR pausado
-- definition [en]: MRR of the subscriptions that were paused, less that of pauses that turned into churn.
-- definition [pt-BR]: MRR das assinaturas pausadas, menos o das pausas que viraram churn.
-- formula [en]: sum over subscriptions of their MRR of the day before they were paused, less the same when a pause
--   becomes churn
-- formula [pt-BR]: soma, entre as assinaturas, do MRR do dia anterior à pausa, menos o mesmo quando a pausa vira
--   churn
-- rules [en]: Shown as a positive amount. On day 90 (setting conventions) what is paused comes off here and counts as
--   churned MRR. Amounts are at the rates of their day; a change within a day is netted. Breakdowns use the attribute
--   at the end of the day on which the MRR moved.
-- rules [pt-BR]: Mostrado como valor positivo. No dia 90 (configuração de convenções) o que está pausado sai daqui e
--   conta como MRR perdido. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado. As quebras
--   usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Money on hold. Most of it comes back when somebody asks before day 90.
-- reading [pt-BR]: Dinheiro em espera. A maior parte volta quando alguém pergunta antes do dia 90.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(-sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'pause'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-02-01 = 200.00
want week 2026-02-09 = 200.00
want month 2026-03-01 = 0
*/
