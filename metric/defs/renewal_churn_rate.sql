-- name: renewal_churn_rate
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: Churn at renewal
-- title [pt-BR]: Churn na renovação
-- definition [en]: Of the customers whose contract came up for renewal in the period, the share that left when it ended.
-- definition [pt-BR]: Dos clientes cujo contrato chegou à renovação no período, a parte que saiu quando ele terminou.
-- formula [en]: accounts that stopped being customers on the day after the paid term / accounts with a paid term that
--   ended in the period and that were customers on its last day
-- formula [pt-BR]: contas que deixaram de ser clientes no dia seguinte ao prazo pago / contas com um prazo pago que terminou
--   no período e que eram clientes no último dia dele
-- rules [en]: The end is what the contract says (ends_at). Of several terms of an account in the period the last counts.
--   A term that was cut short by a later word, or whose subscription was cancelled before its end, does not come up, also
--   when the account is a customer again by another. Nobody comes up for renewal: null. Breakdowns use the attribute on
--   the last day of the term.
-- rules [pt-BR]: O fim é o que o contrato diz (ends_at). De vários prazos de uma conta no período conta o último. Um prazo
--   encurtado depois, ou cuja assinatura foi cancelada antes do fim, não chega à renovação, mesmo que a conta seja cliente
--   de novo por outra. Ninguém chega à renovação: nulo. As quebras usam o atributo no último dia do prazo.
-- reading [en]: With annual contracts it says what the monthly churn hides: most customers could not have left this month.
-- reading [pt-BR]: Com contratos anuais, diz o que o churn mensal esconde: a maioria não poderia sair neste mês.
SELECT r.of_group AS grp, r.renewing AS unit, r.renewing AS account, r.due_period AS period,
  CASE WHEN s.to_day = r.ends_day THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT t.account AS renewing, d.period AS due_period, max(t.ends_day) AS ends_day, argMax(t.grp, t.ends_day) AS of_group
  FROM {{terms}} AS t
  JOIN {{days}} AS d ON d.day = t.ends_day
  JOIN {{mrr "unfiltered"}} AS h ON h.account = t.account AND h.subscription = t.subscription AND h.from_day < t.ends_day AND h.to_day >= t.ends_day
  WHERE h.status IN ('active', 'paused') AND (t.cut = 0 OR t.until_day >= t.ends_day)
  GROUP BY t.account, d.period
) AS r
JOIN {{stays "left" "unfiltered"}} AS s ON s.account = r.renewing AND s.from_day < r.ends_day AND s.to_day >= r.ends_day

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
2025-02-10 10:00  @c{1..20}  "Subscription Started" subscription=s{} mrr=100 currency=BRL ends_at=2026-02-10T12:00:00Z
2025-02-10 10:00  @d{1..5}  "Subscription Started" subscription=t{} mrr=100 currency=BRL
2025-03-10 10:00  @e1  "Subscription Started" subscription=u1 mrr=100 currency=BRL ends_at=2026-03-10T12:00:00Z
2026-01-10 10:00  @c{1..4}  "Subscription Cancelled" subscription=s{} reason=price ends_at=2026-02-10T12:00:00Z
2026-01-12 10:00  @c5  "Subscription Cancelled" subscription=s5 reason=price
2026-01-20 10:00  @c6  "Subscription Changed" subscription=s6 ends_at=2027-02-10T12:00:00Z
2026-01-25 10:00  @d1  "Subscription Cancelled" subscription=t1 reason=price
2025-02-10 10:00  @c{1..2}  group plan=pro
2025-02-10 10:00  @f{1..2}  "Subscription Started" subscription=v{} mrr=100 currency=BRL ends_at=2026-02-10T12:00:00Z
2025-08-01 10:00  @f{1..2}  "Subscription Cancelled" subscription=v{} reason=price
2025-11-01 10:00  @f{1..2}  "Subscription Started" subscription=w{} mrr=100 currency=BRL

want month 2026-02-01 = 0.2105 (4/19)
want month 2026-02-01 by plan pro = 1 (2/2)
want month 2026-03-01 = 0 (0/1) incomplete
want week 2026-02-09 = 0.2105 (4/19)
want month 2026-01-01 = null zero_denominator (0/0)
*/
