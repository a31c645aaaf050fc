-- name: acv
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: mean
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Annual contract value (ACV)
-- title [pt-BR]: Valor anual do contrato (ACV)
-- definition [en]: What a contract in force brings per year on average, without what is paid once.
-- definition [pt-BR]: Quanto um contrato em vigor rende por ano, em média, sem o que é pago uma vez.
-- formula [en]: 12 × MRR of the subscriptions that pay at the end of the last local day / their number
-- formula [pt-BR]: 12 × MRR das assinaturas que pagam no fim do último dia local / seu número
-- rules [en]: A contract is a subscription, whatever its term. Where the price steps up over the years, the year under
--   way counts, not the mean of all, unless setting conventions says so (ramps). Nobody pays: null. Breakdowns use the attribute on the last day.
-- rules [pt-BR]: Um contrato é uma assinatura, qualquer que seja o prazo. Onde o preço sobe ao longo dos anos, conta o
--   ano em curso, não a média de todos, a não ser que a configuração de convenções diga isso (ramps). Ninguém paga: nulo. As quebras usam o atributo no último dia.
-- reading [en]: Per contract where the ARPA is per account and month: it tells what a signature is worth.
-- reading [pt-BR]: Por contrato, onde a ARPA é por conta e mês: diz quanto vale uma assinatura.
SELECT p.grp AS grp, m.subscription AS unit, p.account AS account, p.period AS period, i64(sum(m.mrr) * 12) AS numerator
FROM {{payingAt "end"}} AS p
JOIN {{periods}} AS w ON w.period = p.period
JOIN {{mrr "unfiltered"}} AS m ON m.account = p.account AND m.from_day <= w.last AND m.to_day > w.last
WHERE m.mrr > 0
GROUP BY p.grp, m.subscription, p.account, p.period

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-15 10:00  @acme  "Subscription Started" subscription=b amount=600 interval=year currency=BRL
2026-01-20 10:00  @initech  "Subscription Started" subscription=i mrr=30 currency=BRL
2026-02-20 10:00  @initech  "Subscription Cancelled" subscription=i reason=price

want month 2026-01-01 = 720.00 (2160/3)
want month 2026-02-01 = 900.00 (1800/2)
want month 2026-02-01 by account acme = 900.00 (1800/2)
want week 2026-02-02 = 720.00 (2160/3)
want day 2026-01-12 = 1200.00
want month 2025-12-01 = null no_data
*/
