-- name: trial_conversion_rate
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: 14
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: accounts
-- title [en]: Trial conversion
-- title [pt-BR]: Conversão do período de teste
-- definition [en]: The share of the trials that ended in the period whose account became a paying customer by two
--   weeks after the end.
-- definition [pt-BR]: A parte dos períodos de teste encerrados no período cuja conta virou cliente pagante até duas
--   semanas depois do fim.
-- formula [en]: trials whose account first paid before 14 days had passed since the end / trials ended
-- formula [pt-BR]: testes cuja conta pagou pela primeira vez antes de 14 dias do fim / testes encerrados
-- rules [en]: The first trial of each account. It ends on the day said when it began (trial_end), or with Trial
--   Ended when that comes before or nothing was said; who buys during the trial counts with that end, too. Only trials
--   whose 14 days after the end have passed count. Accounts that paid before their trial do not. Breakdowns use the
--   attribute on the day the trial began.
--   The 14 days are local calendar days, that of the end being the first.
-- rules [pt-BR]: O primeiro teste de cada conta. Termina no dia dito quando começou (trial_end), ou no Trial Ended
--   quando ele vem antes ou nada foi dito; quem compra durante o teste também conta por esse fim. Só contam testes cujos
--   14 dias depois do fim já passaram. Contas que pagavam antes do teste não contam. As quebras usam o atributo no dia em
--   que o teste começou.
--   Os 14 dias são dias corridos do calendário local, e o do fim é o primeiro.
-- reading [en]: Whether people who tried would pay. It follows activation: a trial in which nothing was achieved is
--   a lost one whatever the price.
-- reading [pt-BR]: Se quem testou pagaria. Segue a ativação: um teste em que nada foi alcançado está perdido a
--   qualquer preço.
SELECT t.grp AS grp, t.account AS unit, t.account AS account, d.period AS period,
  CASE WHEN f.day < addDaysN(t.end_day, 14) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{trials}} AS t
JOIN {{days}} AS d ON d.day = t.end_day
LEFT JOIN {{firstPaid "unfiltered"}} AS f ON f.account = t.account
WHERE addDaysN(t.end_day, 14) <= addDaysN({through:Date}, 1) AND (f.day IS NULL OR f.day >= t.start_day)

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  ana@acme  "Trial Started" trial_end=2026-02-16T15:00:00Z
2026-02-02 10:00  bia@globex  "Trial Started" trial_end=2026-02-16T15:00:00Z
2026-02-03 10:00  cid@initech  "Trial Started"
2026-02-20 10:00  cid@initech  "Trial Ended"
2026-02-10 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL
2026-03-02 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL
2026-06-01 10:00  dan@hooli  "Trial Started" trial_end=2026-06-15T15:00:00Z

want month 2026-02-01 = 0.3333 (1/3) [0.0615..0.7923]
want week 2026-02-16 = 0.3333 (1/3)
want month 2026-02-01 by account acme = 1 (1/1)
want month 2026-06-01 = null window_open (0/0) incomplete
want month 2026-01-01 = null no_data
*/
