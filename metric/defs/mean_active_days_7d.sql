-- name: mean_active_days_7d
-- group: usage
-- unit: days
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: 6
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 7
-- of: people
-- bounds: positive
-- title [en]: Mean active days (L7)
-- title [pt-BR]: Média de dias ativos (L7)
-- definition [en]: On how many of the seven days up to the last day of the period the people active in them were
--   active, on average.
-- definition [pt-BR]: Em quantos dos sete dias até o último dia do período estiveram ativas, em média, as pessoas
--   ativas neles.
-- formula [en]: active days of all people in the days D-6 to D / people active in them
-- formula [pt-BR]: dias ativos de todas as pessoas nos dias D-6 a D / pessoas ativas neles
-- rules [en]: The rows are the people, each with the number of days. Divided by 7 it equals DAU/WAU of the same days.
--   As long as the window begins before the first fact, the value is null.
-- rules [pt-BR]: As linhas são as pessoas, cada uma com o número de dias. Dividida por 7 é igual ao DAU/WAU dos
--   mesmos dias. Enquanto a janela começa antes do primeiro fato, o valor é nulo.
-- reading [en]: Five is every working day. A tool that is opened when something happens stays near one and is none
--   the worse for it.
-- reading [pt-BR]: Cinco são todos os dias úteis. Uma ferramenta que se abre quando algo acontece fica perto de um e
--   não é pior por isso.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, t.period AS period,
  i64(count(*)) AS numerator
FROM {{personDays 6}} AS v
JOIN {{trailing 7}} AS t ON t.day = v.day
GROUP BY v.grp, v.key, t.period

/* example
now 2026-02-20 12:00
2026-02-02 10:00  ana@acme  page x3
2026-02-03 10:00  ana@acme  page
2026-02-08 10:00  ana@acme  page
2026-02-05 10:00  ben@globex  page
2026-02-09 10:00  ben@globex  page

want week 2026-02-02 = 2 (4/2)
want week 2026-02-09 as of 2026-02-09 = 2 (4/2) incomplete
want week 2026-02-09 by account globex = 1 (1/1)
want month 2026-02-01 as of 2026-02-05 = null window_not_covered (3/2) incomplete
want month 2026-02-01 as of 2026-02-08 = 2 (4/2) incomplete
*/
