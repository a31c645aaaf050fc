-- name: time_to_value
-- group: activation
-- unit: elapsed_days
-- direction: down
-- aggregation: quantile
-- grains: month, week, day
-- reach: forever
-- waits: 90
-- version: 2
-- per account: no
-- settings: activation
-- quantile: 0.5
-- by day: yes
-- title [en]: Time to value
-- title [pt-BR]: Tempo até o valor (TTV)
-- definition [en]: The time by which half of the accounts that began in the period had met the activation criterion,
--   its window apart.
-- definition [pt-BR]: O tempo em que metade das contas que começaram no período tinham cumprido o critério de
--   ativação, sem olhar a janela dele.
-- formula [en]: the first day t with S(t) <= 0.5, S being the Kaplan-Meier curve of the time from start to when the
--   criterion first held: by the clock below two days of 24 hours, in local days above
-- formula [pt-BR]: o primeiro dia t com S(t) <= 0,5, sendo S a curva de Kaplan-Meier do tempo do início até quando o
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
--   value of one week. Compare it with what was promised in the sale; the ninetieth percentile shows those who wait the
--   longest.
-- reading [pt-BR]: Quanto tempo os clientes esperam pelo que compraram. Uma equipe que organiza o seu trabalho em uma
--   semana tem um tempo até o valor de uma semana. Compare com o que a venda prometeu; o percentil 90 mostra quem espera
--   mais.
SELECT w.grp AS grp, w.unit AS unit, w.account AS account, w.period AS period, w.days AS numerator, w.met AS denominator
FROM {{valueWaits}} AS w

/* example
zone America/Sao_Paulo
now 2026-03-12 12:00
activation "Work Organised" 1 within 14
2026-02-02 09:00  @acme  group plan=pro
2026-02-09 09:00  ana@acme  "Work Organised"
2026-02-02 10:00  @globex  group plan=pro
2026-02-09 10:00  bia@globex  "Work Organised"
2026-02-02 10:00  @hooli  group plan=pro
2026-01-20 10:00  dan@initech  "Work Organised"
2026-02-03 10:00  @initech  group plan=basic created_at=2026-02-03T15:00:00Z
2026-02-04 10:00  @umbrella  group plan=basic
2026-03-06 10:00  eva@umbrella  "Work Organised"
2026-02-10 09:00  @wayne  group plan=pro
2026-02-10 15:30  fay@wayne  "Work Organised"

want day 2026-02-02 = 7 (2/3) incomplete
want day 2026-02-03 = 0 (1/1) incomplete
want day 2026-02-04 = 30 (1/1) incomplete
want day 2026-02-04 as of 2026-02-20 = null not_reached (0/1) incomplete
want week 2026-02-02 = 7 (4/5) [0..] incomplete
want day 2026-02-10 = 0.27 (1/1) incomplete
want month 2026-02-01 = 7 (5/6) incomplete
want month 2026-02-01 by plan basic = 0 (2/2) incomplete
*/
