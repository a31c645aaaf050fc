-- name: nps_mrr
-- group: voice
-- unit: points
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- of: accounts
-- title [en]: NPS by MRR
-- title [pt-BR]: NPS por MRR
-- definition [en]: The Net Promoter Score of the revenue: the accounts’ own scores, weighted by what each pays.
-- definition [pt-BR]: O Net Promoter Score da receita: o NPS de cada conta, pesado pelo que ela paga.
-- formula [en]: sum over accounts of MRR × 100 × (promoters − detractors) / people of the account who answered,
--   divided by the MRR of the accounts that answered
-- formula [pt-BR]: soma, entre as contas, de MRR × 100 × (promotores − detratores) / pessoas da conta que
--   responderam, dividida pelo MRR das contas que responderam
-- rules [en]: The answers are those of NPS by account. The MRR is that of the end of the period’s last day, in the
--   company’s currency; accounts that pay nothing then do not count. The interval is that of a ratio of sums over
--   accounts. Breakdowns use the account’s attribute on the last day.
-- rules [pt-BR]: As respostas são as do NPS por conta. O MRR é o do fim do último dia do período, na moeda da
--   empresa; contas que então não pagam nada não contam. O intervalo é o de uma razão de somas entre contas. As quebras
--   usam o atributo da conta no último dia.
-- reading [en]: How content the money is. When it lies far below the plain score, the largest contracts are at risk;
--   read it with how much of the MRR answered.
-- reading [pt-BR]: O quanto o dinheiro está satisfeito. Muito abaixo do NPS simples, os maiores contratos estão em
--   risco; leia junto com quanto do MRR respondeu.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period,
  100 * f64(m.mrr) * f64(s.balance) / f64(s.people) AS numerator, f64(m.mrr) AS denominator
FROM (
  SELECT w.account AS account, w.period AS period, i64(sum(CASE WHEN w.score >= 9 THEN 1 WHEN w.score >= 7 THEN 0 ELSE -1 END)) AS balance, i64(count(*)) AS people
  FROM {{voters "relational"}} AS w
  WHERE w.account <> ''
  GROUP BY w.account, w.period
) AS s
JOIN {{payingAt "end"}} AS m ON m.account = s.account AND m.period = s.period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=s1 mrr=900 currency=BRL
2026-01-10 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL
2026-02-02 10:00  p{1..2}@acme  "Survey Answered" survey=q1 kind=nps score=10
2026-02-02 10:00  p3@acme  "Survey Answered" survey=q1 kind=nps score=8
2026-02-03 10:00  q{1..5}@globex  "Survey Answered" survey=q1 kind=nps score=3
2026-02-03 10:00  r1@initech  "Survey Answered" survey=q1 kind=nps score=9

want month 2026-02-01 = 50 (50000/1000)
want month 2026-02-01 by account globex = -100 (-10000/100)
want month 2026-01-01 = null zero_denominator (0/0)
want month 2025-12-01 = null no_data
*/
