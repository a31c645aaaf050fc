-- name: resumed_mrr
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
-- title [en]: Resumed MRR
-- title [pt-BR]: MRR retomado
-- definition [en]: MRR of the subscriptions that came back from a pause.
-- definition [pt-BR]: MRR das assinaturas que voltaram de uma pausa.
-- formula [en]: sum over subscriptions of their MRR on the day on which they were resumed
-- formula [pt-BR]: soma, entre as assinaturas, do MRR no dia em que foram retomadas
-- rules [en]: With the MRR that they have then, also when it is another than before the pause. Setting conventions
--   may say how long a former customer must have been away to be reactivated (return_gap_days): who is back sooner is
--   resumed. Amounts are at the
--   rates of their day; a change within a day is netted. Breakdowns use the attribute at the end of the day on which
--   the MRR moved.
-- rules [pt-BR]: Com o MRR que têm então, mesmo que seja outro que antes da pausa. A configuração de convenções pode
--   dizer por quanto tempo um ex-cliente precisa ter estado fora para ser reativado (return_gap_days): quem volta antes
--   é retomado. Os valores usam as taxas do dia; o
--   que muda dentro de um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Beside paused MRR it tells how many pauses end well.
-- reading [pt-BR]: Ao lado do MRR pausado, diz quantas pausas terminam bem.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'resume'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
as in new_mrr

want month 2026-03-01 = 200.00
want week 2026-03-02 = 200.00
want month 2026-02-01 = 0
*/
