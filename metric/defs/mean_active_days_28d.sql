-- name: mean_active_days_28d
-- group: usage
-- unit: days
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 28
-- of: people
-- bounds: positive
-- title [en]: Mean active days (L28)
-- title [pt-BR]: Média de dias ativos (L28)
-- definition [en]: On how many of the 28 days up to the last day of the period the people active in them were active,
--   on average.
-- definition [pt-BR]: Em quantos dos 28 dias até o último dia do período estiveram ativas, em média, as pessoas
--   ativas neles.
-- formula [en]: active days of all people in the days D-27 to D / people active in them
-- formula [pt-BR]: dias ativos de todas as pessoas nos dias D-27 a D / pessoas ativas neles
-- rules [en]: The rows are the people, each with the number of days. Divided by 28 it equals mean DAU / MAU of the
--   same days. Who joined inside the window could not come on all its days: the exposure-adjusted figure allows for
--   that. As long as the window begins before the first fact, the value is null.
-- rules [pt-BR]: As linhas são as pessoas, cada uma com o número de dias. Dividida por 28 é igual à média do DAU /
--   MAU dos mesmos dias. Quem entrou durante a janela não podia vir em todos os dias: o número ajustado pela
--   exposição leva isso em conta. Enquanto a janela começa antes do primeiro fato, o valor é nulo.
-- reading [en]: A mean of 4 may be everybody once a week, or a core of daily users among visitors: the histogram of
--   active days tells the two apart.
-- reading [pt-BR]: Uma média de 4 pode ser todo mundo uma vez por semana ou um núcleo de usuários diários entre
--   visitantes: o histograma de dias ativos distingue os dois.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, t.period AS period,
  i64(count(*)) AS numerator
FROM {{personDays 27}} AS v
JOIN {{trailing 28}} AS t ON t.day = v.day
GROUP BY v.grp, v.key, t.period

/* example
now 2026-03-20 12:00
2026-01-31 10:00  ana@acme  page
2026-02-01 10:00  ana@acme  page
2026-02-02 10:00  ana@acme  page x4
2026-02-03 10:00  ana@acme  page
2026-02-28 10:00  ana@acme  page
2026-02-28 11:00  ben@globex  page

want week 2026-02-16 = null window_not_covered (4/1) incomplete
want week 2026-02-23 = 2 (4/2)
want month 2026-02-01 = 2.5 (5/2) [0.0000..21.5593]
want month 2026-02-01 by account acme = 4 (4/1)
want month 2026-03-01 = 1 (2/2) incomplete
*/
