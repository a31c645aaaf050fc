-- name: reactivated_mrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: Reactivated MRR
-- title [pt-BR]: MRR reativado
-- definition [en]: MRR of former customers that pay again.
-- definition [pt-BR]: MRR de ex-clientes que voltam a pagar.
-- formula [en]: sum over accounts of their MRR at the end of the local day on which they paid again, having paid
--   before and then left
-- formula [pt-BR]: soma, entre as contas, do MRR no fim do dia local em que voltaram a pagar, tendo pago antes e
--   saído
-- rules [en]: A return from a pause is not one: it is resumed MRR. Setting conventions may say after how many days a
--   former customer is new again (return_days), and how long it must have been away (return_gap_days). Amounts are at the rates of their day; a change within a day is
--   netted. Breakdowns use the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: A volta de uma pausa não é reativação: é MRR retomado. A configuração de convenções pode dizer após
--   quantos dias um ex-cliente é novo outra vez (return_days), e por quanto tempo deve ter estado fora (return_gap_days). Os valores usam as taxas do dia; o que muda dentro de
--   um dia é compensado. As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Former customers know the product: what made them come back is worth asking.
-- reading [pt-BR]: Ex-clientes conhecem o produto: vale perguntar o que os fez voltar.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'reactivation'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
set conventions {"return_days": 30}
2026-01-10 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @b  "Subscription Started" subscription=b mrr=70 currency=BRL
2026-02-01 10:00  @a  "Subscription Cancelled" subscription=a
2026-02-01 10:00  @b  "Subscription Cancelled" subscription=b
2026-02-20 10:00  @a  "Subscription Started" subscription=a2 mrr=120 currency=BRL
2026-03-20 10:00  @b  "Subscription Started" subscription=b2 mrr=80 currency=BRL

want month 2026-02-01 = 120.00
want month 2026-03-01 = 0
want week 2026-02-16 = 120.00
*/
