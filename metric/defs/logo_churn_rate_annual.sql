-- name: logo_churn_rate_annual
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- compound: 12
-- title [en]: Customer churn rate, annualised
-- title [pt-BR]: Taxa de churn de clientes, anualizada
-- definition [en]: The share of customers that would be lost in a year if every month lost them as this one did.
-- definition [pt-BR]: A parte dos clientes que se perderia em um ano se todo mês perdesse como este.
-- formula [en]: 1 − (1 − customer churn rate of the month)^12
-- formula [pt-BR]: 1 − (1 − taxa de churn de clientes do mês)^12
-- rules [en]: As the customer churn rate, never multiplied by 12. Numerator and denominator are those of the month.
--   The interval is that of the month, converted in the same way. No customer at the start: null.
-- rules [pt-BR]: Como a taxa de churn de clientes, nunca multiplicada por 12. Numerador e denominador são os do mês.
--   O intervalo é o do mês, convertido do mesmo modo. Nenhum cliente no início: nulo.
-- reading [en]: 5% a month are 46% a year, not 60%. One month makes a wide interval: read the twelve months behind
--   it, too.
-- reading [pt-BR]: 5% ao mês são 46% ao ano, não 60%. Um só mês dá um intervalo largo: leia também os doze meses
--   que passaram.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN e.account IS NULL THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{customersAt "start"}} AS s
LEFT JOIN (SELECT toNullable(x.account) AS account, x.period FROM {{customersAt "end" "unfiltered"}} AS x) AS e
  ON e.account = s.account AND e.period = s.period

/* example
as in churned_accounts

want month 2026-02-01 = 0.4596 (50/1000) [0.3728..0.5554]
want month 2026-01-01 = null zero_denominator (0/0)
want month 2026-03-01 = 0 (0/950) incomplete
*/
