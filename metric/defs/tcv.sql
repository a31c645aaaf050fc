-- name: tcv
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
-- title [en]: Total contract value (TCV)
-- title [pt-BR]: Valor total dos contratos (TCV)
-- definition [en]: All that the contracts in force commit customers to pay over their present terms, what is paid once
--   included.
-- definition [pt-BR]: Tudo o que os contratos em vigor comprometem os clientes a pagar em seus prazos atuais, incluindo
--   o que é pago uma vez.
-- formula [en]: sum over subscriptions that pay at the end of the last local day: MRR × months of the paid term + one-off
--   amounts of the term
-- formula [pt-BR]: soma, sobre as assinaturas que pagam no fim do último dia local, de MRR × meses do prazo pago + valores
--   únicos do prazo
-- rules [en]: The term is what the contract says (ends_at), from its start. Who says no end, or whose term has run out,
--   is committed to nothing and counts nothing. The MRR is that of the day: a price that steps up later is not known yet.
--   Metered use is in only when the conventions put it into MRR. Breakdowns use the attribute on the last day.
-- rules [pt-BR]: O prazo é o que o contrato diz (ends_at), desde o seu início. Quem não diz um fim, ou cujo prazo
--   terminou, não está comprometido e não conta. O MRR é o do dia: um preço que sobe depois ainda não se conhece. O uso
--   medido só entra quando as convenções o põem no MRR. As quebras usam o atributo no último dia.
-- reading [en]: Beside the ARR it tells how long customers bind themselves. It does not say what comes in when.
-- reading [pt-BR]: Ao lado do ARR, diz por quanto tempo os clientes se comprometem. Não diz o que entra e quando.
SELECT p.grp AS grp, m.subscription AS unit, p.account AS account, p.period AS period,
  i64(roundHalfUp(sum(m.mrr) * max(t.months) + max(t.once), 0)) AS numerator
FROM {{payingAt "end"}} AS p
JOIN {{periods}} AS w ON w.period = p.period
JOIN {{mrr "unfiltered"}} AS m ON m.account = p.account AND m.from_day <= w.last AND m.to_day > w.last
JOIN {{terms "unfiltered"}} AS t ON t.account = m.account AND t.subscription = m.subscription
  AND t.since_day <= w.last AND t.until_day > w.last AND t.ends_day > w.last
WHERE m.mrr > 0
GROUP BY p.grp, m.subscription, p.account, p.period

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL one_off_amount=500 starts_at=2026-01-10T13:00:00Z ends_at=2027-01-10T13:00:00Z
2026-01-15 10:00  @globex  "Subscription Started" subscription=g mrr=70 currency=BRL
2026-01-20 10:00  @initech  "Subscription Started" subscription=i mrr=50 currency=BRL ends_at=2026-03-04T13:00:00Z
2026-02-10 10:00  @acme  "Subscription Changed" subscription=a mrr=120 currency=BRL
2026-01-10 10:00  @acme  group plan=pro

want month 2026-01-01 = 1769.71
want month 2026-01-01 by plan pro = 1700.00
want month 2026-02-01 = 2009.71
want week 2026-01-12 = 1700.00
want month 2026-03-01 = 1940.00 incomplete
want day 2026-01-12 = 1700.00
want month 2025-12-01 = null no_data
*/
