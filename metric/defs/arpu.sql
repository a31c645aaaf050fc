-- name: arpu
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active, company, conventions
-- amounts: numerator
-- bounds: positive
-- title [en]: Average revenue per user (ARPU)
-- title [pt-BR]: Receita média por usuário (ARPU)
-- definition [en]: MRR per person who used the product, of the paying accounts.
-- definition [pt-BR]: MRR por pessoa que usou o produto, nas contas pagantes.
-- formula [en]: MRR at the end of the last local day / people of the paying accounts who were active in the period
-- formula [pt-BR]: MRR no fim do último dia local / pessoas das contas pagantes ativas no período
-- rules [en]: People, not accounts: the two are often mixed up. A person of two accounts counts in each. What makes
--   active is a setting. Nobody active: null. Breakdowns use the attribute on the last day.
-- rules [pt-BR]: Pessoas, não contas: as duas são muito confundidas. Uma pessoa de duas contas conta em cada uma. O
--   que torna ativo é uma configuração. Ninguém ativo: nulo. As quebras usam o atributo no último dia.
-- reading [en]: Falls when use spreads within accounts at the same price: often a reason for another price, rarely a
--   bad sign.
-- reading [pt-BR]: Cai quando o uso se espalha nas contas pelo mesmo preço: muitas vezes razão para outro preço,
--   raramente um mau sinal.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, i64(sum(x.mrr)) AS numerator, i64(sum(x.people)) AS denominator
FROM (
  SELECT p.grp AS grp, p.account AS account, p.period AS period, p.mrr AS mrr, i64(0) AS people
  FROM {{payingAt "end"}} AS p
  UNION ALL
  SELECT p.grp AS grp, p.account AS account, p.period AS period, i64(0) AS mrr, i64(count(DISTINCT u.key)) AS people
  FROM {{payingAt "end"}} AS p
  JOIN (
    SELECT DISTINCT x.account AS account, x.key AS key, d.period AS period
    FROM {{present 0 "unfiltered"}} AS x
    JOIN {{days}} AS d ON d.day = x.day
    WHERE x.key <> 0 AND x.account <> ''
  ) AS u ON u.account = p.account AND u.period = p.period
  GROUP BY p.grp, p.account, p.period
) AS x
GROUP BY x.grp, x.account, x.period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @globex  "Subscription Started" subscription=g mrr=50 currency=BRL
2026-02-02 10:00  ana@acme  page
2026-02-03 10:00  ana@acme  page
2026-02-04 10:00  ben@acme  page
2026-02-05 10:00  eva@globex  page
2026-02-06 10:00  leo@free  page

want month 2026-02-01 = 50.00 (150/3)
want month 2026-01-01 = null zero_denominator (150/0)
*/
