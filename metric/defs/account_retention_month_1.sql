-- name: account_retention_month_1
-- group: retention
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month
-- reach: forever
-- waits: 32
-- version: 1
-- per account: no
-- settings: active
-- of: accounts
-- title [en]: Accounts active in month 1
-- title [pt-BR]: Contas ativas no mês 1
-- definition [en]: Of the accounts that were created in the month, the share in which somebody was active in the
--   month after.
-- definition [pt-BR]: Das contas criadas no mês, a parte em que alguém teve atividade no mês seguinte.
-- formula [en]: accounts of the cohort with activity in the next calendar month / accounts of the cohort, when that
--   month has passed
-- formula [pt-BR]: contas da coorte com atividade no mês seguinte do calendário / contas da coorte, quando esse mês
--   já passou
-- rules [en]: An account begins on the day of its trait created_at, else with its sign-up, else with its first fact.
--   Activity of anybody in the account counts, of people without a name, too. Null until the next month has passed.
--   Accounts that cancelled stay in the denominator. Breakdowns and filters use the attribute on the day of
--   creation. It is about use; customers who pay without using it are not in it.
-- rules [pt-BR]: Uma conta começa no dia do atributo created_at, senão no cadastro, senão no primeiro fato. Conta a
--   atividade de qualquer um na conta, também a de pessoas sem nome. Nulo até o mês seguinte passar. Contas que
--   cancelaram ficam no denominador. As quebras e os filtros usam o atributo no dia da criação. Trata do uso;
--   clientes que pagam sem usar não aparecem nele.
-- reading [en]: A customer that goes quiet in its second month seldom renews. Compare it with the activation rate of
--   the same cohort: activated and gone is another problem than never begun.
-- reading [pt-BR]: Um cliente que silencia no segundo mês raramente renova. Compare com a taxa de ativação da mesma
--   coorte: ativar e sumir é outro problema, diferente de nunca começar.
SELECT c.of_group AS grp, c.account_id AS unit, c.account_id AS account, c.cohort_period AS period,
  CASE WHEN r.account_id IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM (
  SELECT a.grp AS of_group, a.account AS account_id, d.period AS cohort_period, d.until AS next_month
  FROM {{accounts}} AS a
  JOIN {{days}} AS d ON d.day = a.created_day
  WHERE addDaysN(addMonthsN(d.until, 1), -1) <= {through:Date}
) AS c
LEFT JOIN (
  SELECT DISTINCT toNullable(v.account) AS account_id, w.period AS from_month
  FROM {{accountDays 0 "unfiltered"}} AS v
  JOIN {{periods}} AS w ON v.day >= w.until AND v.day < addMonthsN(w.until, 1)
) AS r ON r.account_id = c.account_id AND r.from_month = c.cohort_period

/* example
now 2026-03-20 12:00
2025-12-20 09:00  eva@umbrella  page
2026-01-10 09:00  ana@acme  page
2026-02-28 09:00  ana@acme  page
2026-01-10 09:00  ben@globex  page
2026-01-31 09:00  ben@globex  page
2026-03-01 09:00  ben@globex  page
2026-01-12 09:00  @globex  group plan=pro
2026-01-31 23:00  @initech  group created_at=2026-01-31
2026-02-01 10:00  cid@initech  page
2026-02-10 09:00  dan@hooli  page

want month 2026-01-01 = 0.6667 (2/3) [0.2077..0.9385]
want month 2026-02-01 = null window_open (0/0) incomplete
want month 2026-01-01 by account acme = 1 (1/1)
want month 2026-01-01 as of 2026-02-20 = null window_open (0/0) incomplete
*/
