-- name: logo_churn_rate_daily
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: product
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Customer churn rate by days
-- title [pt-BR]: Taxa de churn de clientes por dias
-- definition [en]: How many customers leave on an average day, as a share of those there that morning, added up over
--   the days of the period.
-- definition [pt-BR]: Quantos clientes saem em um dia médio, como parte dos que estavam ali naquela manhã, somado
--   pelos dias do período.
-- formula [en]: departures in the period / customer-days (customers at the end of the day before, summed over its
--   days) × days of the period
-- formula [pt-BR]: saídas no período / dias-cliente (clientes no fim do dia anterior, somados pelos seus dias) × dias
--   do período
-- rules [en]: ChartMogul's variant for fast-moving bases, as a ratio of sums. Every departure counts, also of those
--   who joined in the period or came back. A customer pays an MRR above zero, or has paused for less than the days of
--   setting conventions; then a pause is churn. Breakdowns use the attribute on the first day of the period, or of
--   the stay. No customer on any day: null.
-- rules [pt-BR]: A variante da ChartMogul para bases que giram rápido, como razão de somas. Toda saída conta, também
--   de quem entrou no período ou voltou. Um cliente paga um MRR acima de zero, ou pausou há menos dias que os da
--   configuração de convenções; depois a pausa é churn. As quebras usam o atributo no primeiro dia do período, ou da
--   permanência. Nenhum cliente em nenhum dia: nulo.
-- reading [en]: Close to the plain rate when the base is steady; lower in a month in which it grew, because the
--   newcomers share the risk.
-- reading [pt-BR]: Perto da taxa simples quando a base é estável; menor em um mês em que ela cresceu, porque os novos
--   dividem o risco.
WITH seen AS (
  SELECT s.grp AS of_group, s.account AS account_id, s.period AS of_period
  FROM {{customersAt "start"}} AS s
  UNION ALL
  SELECT argMin(x.grp, x.from_day) AS of_group, x.account AS account_id, d.period AS of_period
  FROM {{stays "began"}} AS x
  JOIN {{days}} AS d ON d.day = x.from_day
  LEFT JOIN (SELECT toNullable(c.account) AS account, c.period FROM {{customersAt "start" "unfiltered"}} AS c) AS b
    ON b.account = x.account AND b.period = d.period
  WHERE b.account IS NULL
  GROUP BY x.account, d.period
),
spent AS (
  SELECT u.account AS account_id, p.period AS of_period, min(p.n) AS period_days,
    i64(sum(least(u.to_day, p.last) - greatest(u.from_day, addDaysN(p.period, -1)))) AS days_there,
    i64(sum(CASE WHEN u.to_day <= p.last THEN 1 ELSE 0 END)) AS times_left
  FROM {{stays "began" "unfiltered"}} AS u
  JOIN {{periods}} AS p ON u.from_day < p.last AND u.to_day >= p.period
  GROUP BY u.account, p.period
)
SELECT s.of_group AS grp, s.account_id AS unit, s.account_id AS account, s.of_period AS period,
  t.times_left AS numerator, t.days_there AS denominator, t.period_days AS times, 1 AS per
FROM seen AS s
JOIN spent AS t ON t.account_id = s.account_id AND t.of_period = s.of_period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @c{1..100}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-15 10:00  @c{1..4}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-08 10:00  @c{101..110}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-20 10:00  @c101  "Subscription Cancelled" subscription=s101 reason=price

want month 2026-02-01 = 0.0476 (5/2940)
want month 2026-01-01 = 0 (0/2100) [0..0.0545]
want week 2026-02-09 = 0.0364 (4/770)
want month 2026-03-01 = 0 (0/1050) incomplete
*/
