-- name: coded_churn_share
-- group: churn
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions, reasons
-- title [en]: Departures with a reason
-- title [pt-BR]: Saídas com motivo
-- definition [en]: Of the customers lost in the period, the share whose reason is one of the governed list.
-- definition [pt-BR]: Dos clientes perdidos no período, a parte cujo motivo é um da lista governada.
-- formula [en]: lost customers with a reason of the list / lost customers
-- formula [pt-BR]: clientes perdidos com motivo da lista / clientes perdidos
-- rules [en]: The reason is that of the event which ended the last subscription; case, underscores and hyphens do not
--   matter, and other words for a reason count as the list says. A reason that is not on the list counts as none.
--   Nobody lost: null. Breakdowns use the attribute on the last day as a customer.
-- rules [pt-BR]: O motivo é o do evento que encerrou a última assinatura; maiúsculas, sublinhados e hifens não
--   importam, e outras palavras para um motivo contam como a lista diz. Um motivo fora da lista conta como nenhum.
--   Ninguém perdido: nulo. As quebras usam o atributo no último dia como cliente.
-- reading [en]: Below nine in ten the ranking of reasons tells more about who filled them in than about customers.
-- reading [pt-BR]: Abaixo de nove em dez, a ordem dos motivos fala mais de quem os preencheu que dos clientes.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, d.period AS period,
  CASE WHEN has({reason_codes:Array(String)}, lowerUTF8(replace(replace(x.reason, '_', ' '), '-', ' '))) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{stays "left"}} AS x
JOIN {{days}} AS d ON d.day = x.to_day
WHERE coalesce(x.next_day, DATE '2149-01-01') > d.last AND NOT ({ignore_brief:Bool} AND x.from_day >= d.period)

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
set reasons {"groups":[{"code":"money","title":{"en":"Money"},"reasons":[{"code":"price","title":{"en":"Price"},"also":["too expensive"]}]}]}
2026-01-10 10:00  @c{1..20}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-10 10:00  @c{1..5}  "Subscription Cancelled" subscription=s{} reason=Price
2026-02-10 10:00  @c6  "Subscription Cancelled" subscription=s6 reason=Too_Expensive
2026-02-10 10:00  @c7  "Subscription Cancelled" subscription=s7 reason=bugs
2026-02-10 10:00  @c8  "Subscription Cancelled" subscription=s8

want month 2026-02-01 = 0.75 (6/8) [0.4093..0.9285]
want week 2026-02-09 = 0.75 (6/8)
want month 2026-01-01 = null zero_denominator (0/0)
want week 2026-03-09 = null zero_denominator (0/0) incomplete
want month 2026-03-01 = null zero_denominator (0/0) incomplete
*/
