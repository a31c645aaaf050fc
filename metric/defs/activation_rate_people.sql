-- name: activation_rate_people
-- group: activation
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week, day
-- reach: forever
-- waits: yes
-- version: 1
-- per account: no
-- settings: active, activation
-- of: people
-- title [en]: Activation rate of people
-- title [pt-BR]: Taxa de ativação de pessoas
-- definition [en]: Of the people who began in the period, the share who met the activation criterion by themselves
--   within its window of days.
-- definition [pt-BR]: Das pessoas que começaram no período, a parte que cumpriu sozinha o critério de ativação dentro
--   da sua janela de dias.
-- formula [en]: people of the cohort who met as many clauses of the criterion as it asks for on the local days 0 to
--   window-1 after their start / people of the cohort whose whole window has passed
-- formula [pt-BR]: pessoas da coorte que cumpriram quantas condições o critério pede nos dias locais 0 a janela-1 após
--   o seu início / pessoas da coorte cuja janela inteira já passou
-- rules [en]: A person begins with the trait created_at, else with the first activity that counts, or with the first
--   time of the event that the criterion names. The clauses are those of the accounts' criterion, but each person must
--   do them alone; a clause that counts people asks for one. The version in force on the day of the start judges. Only
--   people whose whole window has passed count. Breakdowns use the account of the first activity on the day of the
--   start.
-- rules [pt-BR]: Uma pessoa começa com o atributo created_at, senão com a primeira atividade que conta, ou com a
--   primeira vez do evento que o critério indica. As condições são as do critério das contas, mas cada pessoa as cumpre
--   sozinha; uma condição que conta pessoas pede uma. Julga a versão em vigor no dia do início. Só contam pessoas cuja
--   janela inteira já passou. As quebras usam a conta da primeira atividade no dia do início.
-- reading [en]: How many of the people who join get to the point themselves. Below the rate of accounts it says that a
--   few do the work for many, which is a risk when they leave.
-- reading [pt-BR]: Quantas das pessoas que entram chegam lá por conta própria. Abaixo da taxa das contas, diz que
--   poucos fazem o trabalho de muitos, o que é um risco quando eles saem.
SELECT a.grp AS grp, a.unit AS unit, a.account AS account, d.period AS period,
  CASE WHEN a.met_day IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{activated "people"}} AS a
JOIN {{days}} AS d ON d.day = a.start_day
WHERE addDaysN(a.start_day, a.window_days) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
activation "Report Created" 2 within 7
2026-02-02 09:00  ana@acme  "Report Created" x2
2026-02-02 10:00  ben@acme  "Report Created"
2026-02-08 23:30  ben@acme  "Report Created"
2026-02-02 10:00  bia@globex  "Signed In"
2026-02-09 10:00  bia@globex  "Report Created" x2
2026-02-03 10:00  cid identify created_at=2026-01-20T12:00:00Z
2026-02-03 10:00  cid@globex  "Report Created" x9
2026-02-16 10:00  dan@globex  "Report Created" x2

want day 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want day 2026-01-20 = 0 (0/1)
want week 2026-02-02 = 0.6667 (2/3)
want day 2026-02-16 = null window_open (0/0) incomplete
want month 2026-02-01 = 0.6667 (2/3) incomplete
*/
