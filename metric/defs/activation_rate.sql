-- name: activation_rate
-- group: activation
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week, day
-- reach: forever
-- waits: yes
-- version: 2
-- per account: no
-- settings: activation
-- title [en]: Activation rate
-- title [pt-BR]: Taxa de ativação
-- definition [en]: Of the accounts that began in the period, the share that met the activation criterion within its
--   window of days.
-- definition [pt-BR]: Das contas que começaram no período, a parte que cumpriu o critério de ativação dentro da sua
--   janela de dias.
-- formula [en]: accounts of the cohort that met as many clauses of the criterion as it asks for on the local days 0 to
--   window-1 after their start / accounts of the cohort whose whole window has passed
-- formula [pt-BR]: contas da coorte que cumpriram quantas condições o critério pede nos dias locais 0 a janela-1 após
--   o seu início / contas da coorte cuja janela inteira já passou
-- rules [en]: An account begins with its creation, or with the event that the criterion names; that local day is day
--   0. The version of the criterion that was in force on that day judges it, whatever came later. Only accounts whose whole window has passed count, those that met the
--   criterion early included: counting them at once would bias the rate upwards. A cohort with accounts still inside
--   their window is incomplete, and null while it has none outside. Accounts that cancelled inside the window stay in
--   the denominator. Everybody of the account counts. A criterion without events asks for any activity. Breakdowns use
--   the attribute on the day of the start.
-- rules [pt-BR]: Uma conta começa com a sua criação, ou com o evento que o critério indica; esse dia local é o dia 0. A
--   versão do critério em vigor nesse dia é a que julga, venha o que vier depois. Só contam contas cuja janela inteira já passou, inclusive as que
--   cumpriram o critério cedo: contá-las logo enviesaria a taxa para cima. Uma coorte com contas ainda dentro da janela
--   está incompleta, e é nula enquanto não há nenhuma fora dela. Contas que cancelaram dentro da janela ficam no
--   denominador. Contam todos da conta. Um critério sem eventos pede qualquer atividade. As quebras usam o atributo no
--   dia do início.
-- reading [en]: The share of new customers that got to the point where they see value. It moves first when onboarding
--   changes; churn follows months later. Below about 30 accounts the interval is wide: look at it before reading a
--   change.
-- reading [pt-BR]: A parte dos novos clientes que chegou ao ponto em que enxerga valor. É a primeira a mexer quando a
--   implantação muda; o churn vem meses depois. Abaixo de umas 30 contas o intervalo é largo: olhe para ele antes de
--   ler uma mudança.
SELECT a.grp AS grp, a.unit AS unit, a.account AS account, d.period AS period,
  CASE WHEN a.met_day IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{activated}} AS a
JOIN {{days}} AS d ON d.day = a.start_day
WHERE addDaysN(a.start_day, a.window_days) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
activation "Report Created" 2, "Member Invited" 1 within 7
2026-02-02 09:00  ana@acme  "Signed Up" plan=pro
2026-02-02 09:00  @acme  group plan=pro
2026-02-03 09:00  ana@acme  "Report Created"
2026-02-08 23:30  ben@acme  "Report Created"
2026-02-05 09:00  ana@acme  "Member Invited"
2026-02-02 10:00  bia@globex  "Signed Up" plan=basic
2026-02-03 10:00  bia@globex  "Report Created" x2
2026-02-09 00:30  bia@globex  "Member Invited"
2026-02-04 10:00  cid@initech  "Signed Up"
2026-02-05 10:00  cid@initech  "Report Created" x5
2026-02-05 11:00  cid@initech  "Member Invited"  known 2026-02-19 10:00
2026-02-14 10:00  dan@hooli  "Signed Up"
2026-02-14 11:00  dan@hooli  "Report Created" x2
2026-02-14 12:00  dan@hooli  "Member Invited"
2026-02-12 10:00  eva@umbrella  "Signed Up"

want day 2026-02-02 = 0.5 (1/2) [0.0945..0.9055]
want day 2026-02-04 known 2026-02-18 10:00 = 0 (0/1)
want day 2026-02-04 = 1 (1/1)
want day 2026-02-03 = null zero_denominator (0/0)
want week 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want week 2026-02-09 = 0 (0/1) incomplete
want day 2026-02-14 = null window_open (0/0) incomplete
want month 2026-02-01 = 0.5 (2/4) incomplete
want day 2026-02-02 by plan pro = 1 (1/1)
*/
