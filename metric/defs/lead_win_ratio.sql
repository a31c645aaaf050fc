-- name: lead_win_ratio
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: others
-- bounds: positive
-- title [en]: Win ratio of the period
-- title [pt-BR]: Razão de ganho do período
-- definition [en]: Customers won from leads in the period, per lead created in the same period: two different sets
--   of leads.
-- definition [pt-BR]: Clientes ganhos de leads no período, por lead criado no mesmo período: dois conjuntos
--   diferentes de leads.
-- formula [en]: leads whose account first paid in the period / leads created in the period
-- formula [pt-BR]: leads cuja conta pagou pela primeira vez no período / leads criados no período
-- rules [en]: Not a conversion rate: those won were mostly created before, so it can exceed 1, and it rises when
--   leads dry up. Of several leads of one account the first wins; leads of accounts that paid before do not count. The
--   interval is that of a ratio of sums. Breakdowns and segments by channel, source or campaign use the lead’s own (first
--   touch: what its creation said); other attributes are those of the account that it became, unknown until then.
-- rules [pt-BR]: Não é uma taxa de conversão: os ganhos quase sempre foram criados antes, de modo que pode passar de
--   1, e ela sobe quando os leads secam. De vários leads de uma conta, o primeiro ganha; leads de contas que já pagavam
--   não contam. O intervalo é o de uma razão de somas. Quebras e segmentos por channel, source ou campaign usam os do
--   próprio lead (primeiro toque: o que disse a criação); os outros atributos são os da conta em que ele se tornou,
--   desconhecidos até lá.
-- reading [en]: Quick, and only as good as the months are alike. Plan with lead conversion.
-- reading [pt-BR]: Rápida, e só vale enquanto os meses se parecem. Planeje com a conversão de leads.
SELECT e.of_group AS grp, e.lead_id AS unit, e.account_id AS account, d.period AS period,
  i64(sum(e.won)) AS numerator, i64(sum(e.made)) AS denominator
FROM (
  SELECT w.grp AS of_group, w.lead AS lead_id, w.account AS account_id, w.day AS on_day, 0 AS won, 1 AS made FROM {{leadWins}} AS w
  UNION ALL
  SELECT w.grp AS of_group, w.lead AS lead_id, w.account AS account_id, w.paid_day AS on_day, 1 AS won, 0 AS made FROM {{leadWins}} AS w
  WHERE w.place = 1 AND w.paid_day IS NOT NULL
) AS e
JOIN {{days}} AS d ON d.day = e.on_day
GROUP BY e.of_group, e.lead_id, e.account_id, d.period

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-01-05 10:00  anon:a  "Lead Created" lead=l1 channel=event
2026-01-06 10:00  anon:b  "Lead Created" lead=l2 channel=event
2026-02-07 10:00  anon:c  "Lead Created" lead=l3 channel=content
2026-01-20 10:00  anon:a  "Lead Converted" lead=l1 account=acme
2026-02-20 10:00  anon:c  "Lead Converted" lead=l3 account=globex
2026-02-01 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL
2026-02-21 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL

want month 2026-02-01 = 2 (2/1)
want month 2026-01-01 = 0 (0/2)
want week 2026-01-05 = 0 (0/2)
want month 2026-02-01 by channel event = null zero_denominator (1/0)
want month 2026-03-01 = null zero_denominator (0/0)
want month 2025-12-01 = null no_data
*/
