-- name: time_to_value_p25
-- group: activation
-- unit: elapsed_days
-- direction: down
-- aggregation: quantile
-- grains: month, week, day
-- reach: forever
-- waits: 90
-- version: 1
-- per account: no
-- settings: activation
-- quantile: 0.25
-- by day: yes
-- title [en]: Time to value, 25th percentile
-- title [pt-BR]: Tempo até o valor (TTV), percentil 25
-- definition [en]: The time by which a quarter of the accounts that began in the period had met the activation
--   criterion, its window apart.
-- definition [pt-BR]: O tempo em que um quarto das contas que começaram no período tinham cumprido o critério de
--   ativação, sem olhar a janela dele.
-- formula [en]: the first day t with S(t) <= 0.75, S being the Kaplan-Meier curve of the time from start to when the
--   criterion first held: by the clock below two days of 24 hours, in local days above
-- formula [pt-BR]: o primeiro dia t com S(t) <= 0,75, sendo S a curva de Kaplan-Meier do tempo do início até quando o
--   critério valeu pela primeira vez: pelo relógio abaixo de dois dias de 24 horas, em dias locais acima
-- rules [en]: Accounts that have not got there are counted as still waiting, for as long as they have been watched, 90
--   days at most: leaving them out would make the time look short. Value before the start (up to 90 days before) took no
--   time. An account starts when its created_at says, else with the first thing that is known of that day; times below
--   two days are exact and shown in hours, where only the day of the start is known they are whole days. The criterion's
--   own window does not end the wait, that of a clause does. Null while too few have got there. A cohort is complete 90
--   days after its end.
-- rules [pt-BR]: As contas que ainda não chegaram contam como à espera, pelo tempo em que foram observadas, 90 dias no
--   máximo: deixá-las de fora faria o tempo parecer curto. Valor antes do início (até 90 dias antes) não levou tempo. A
--   conta começa quando diz o created_at dela, senão com a primeira coisa que se conhece daquele dia; tempos abaixo de
--   dois dias são exatos e aparecem em horas; onde só se conhece o dia do início, são dias inteiros. A janela do critério
--   não encerra a espera; a de uma condição, sim. É nulo enquanto poucas chegaram. Uma coorte está completa 90 dias
--   depois do seu fim.
-- reading [en]: How long customers wait for what they bought. A team that organises its work in one week has a time to
--   value of one week. Compare it with what was promised in the sale; beside the median it shows how
--   far apart the quick and the slow are.
-- reading [pt-BR]: Quanto tempo os clientes esperam pelo que compraram. Uma equipe que organiza o seu trabalho em uma
--   semana tem um tempo até o valor de uma semana. Compare com o que a venda prometeu; ao lado da mediana mostra
--   a distância entre os rápidos e os lentos.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period, w.days AS numerator, w.met AS denominator
FROM {{valueWaits}} AS w

/* example
as in time_to_value_p90

want day 2026-02-02 = 3 (9/9)
want day 2026-02-03 = null not_reached (0/1)
want week 2026-02-02 = 3 (9/10)
want month 2026-02-01 = 3 (9/10)
*/
