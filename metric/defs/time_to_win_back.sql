-- name: time_to_win_back
-- group: churn
-- unit: days
-- direction: down
-- aggregation: quantile
-- grains: month
-- reach: forever
-- waits: 365
-- version: 1
-- per account: no
-- settings: company, conventions
-- quantile: 0.25
-- title [en]: Time to win back
-- title [pt-BR]: Tempo até a recuperação
-- definition [en]: By how many days after leaving a quarter of the customers that left in the period were back.
-- definition [pt-BR]: Em quantos dias depois de sair um quarto dos clientes que saíram no período tinha voltado.
-- formula [en]: first day by which the Kaplan-Meier share of departures without a return is at most 75%, looking a
--   year ahead
-- formula [pt-BR]: primeiro dia em que a parte de Kaplan-Meier de saídas sem volta é de no máximo 75%, olhando um
--   ano à frente
-- rules [en]: Those who have not come back count as still away for as long as they have been watched, at most 365
--   days. The first departure of an account in the period counts. Fewer than a quarter came back: null, as is usual.
--   Breakdowns use the attribute on the last day as a customer.
-- rules [pt-BR]: Quem não voltou conta como ainda fora pelo tempo em que foi observado, no máximo 365 dias. Conta a
--   primeira saída da conta no período. Menos de um quarto voltou: nulo, como é comum. As quebras usam o atributo no
--   último dia como cliente.
-- reading [en]: Says until when an offer still reaches somebody. A quarter, because half of them hardly ever return.
-- reading [pt-BR]: Diz até quando uma oferta ainda alcança alguém. Um quarto, porque metade quase nunca volta.
SELECT w.grp AS grp, w.account AS unit, w.account AS account, w.left_period AS period,
  CASE WHEN coalesce(w.back_day, DATE '2149-01-01') < addDaysN(w.left_day, 365) THEN w.back_day - w.left_day
    ELSE least(365, addDaysN({through:Date}, 1) - w.left_day) END AS numerator,
  CASE WHEN coalesce(w.back_day, DATE '2149-01-01') < addDaysN(w.left_day, 365) THEN 1 ELSE 0 END AS denominator
FROM (
  SELECT x.grp AS grp, x.account AS account, d.period AS left_period, x.to_day AS left_day, x.next_day AS back_day,
    row_number() OVER (PARTITION BY x.account, d.period ORDER BY x.n) AS place
  FROM {{stays "left"}} AS x
  JOIN {{days}} AS d ON d.day = x.to_day
) AS w
WHERE w.place = 1

/* example
as in win_back_rate

want month 2026-02-01 = 89 (3/8) incomplete
want month 2026-05-01 = 10 (1/2) incomplete
want month 2026-03-01 = null window_open (0/0) incomplete
*/
