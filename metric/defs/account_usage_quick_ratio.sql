-- name: account_usage_quick_ratio
-- group: usage
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- of: accounts
-- title [en]: Usage quick ratio of accounts
-- title [pt-BR]: Índice rápido de uso das contas
-- definition [en]: Accounts won for use in the period, new or resurrected, for each one lost.
-- definition [pt-BR]: Contas ganhas para o uso no período, novas ou ressuscitadas, para cada uma perdida.
-- formula [en]: (new active accounts + resurrected accounts) / dormant accounts
-- formula [pt-BR]: (contas ativas novas + ressuscitadas) / contas dormentes
-- rules [en]: No account dormant: null. The period before is the whole calendar period; while the current one is open
--   it is incomplete. In the first period that has data there is nothing before it, and the value is null.
-- rules [pt-BR]: Nenhuma conta dormente: nulo. O período anterior é o período inteiro do calendário; enquanto o atual
--   está aberto, o número está incompleto. No primeiro período com dados não há anterior, e o valor é nulo.
-- reading [en]: Above 1 more customers use the product than before. Few accounts make it jump: look at the interval.
-- reading [pt-BR]: Acima de 1 mais clientes usam o produto do que antes. Poucas contas o fazem saltar: veja o
--   intervalo.
SELECT x.of_group AS grp, x.account_id AS unit, x.account_id AS account, x.in_period AS period,
  x.only_now AS numerator, 1 - x.only_now AS denominator
FROM (
  SELECT v.grp AS of_group, v.account AS account_id, t.period AS in_period, max(t.is_now) AS ever_now, min(t.is_now) AS only_now
  FROM {{accountDays 31}} AS v
  JOIN {{turns}} AS t ON t.day = v.day
  GROUP BY v.grp, v.account, t.period
) AS x
WHERE x.only_now = 1 OR x.ever_now = 0

/* example
now 2026-02-25 12:00
2025-12-20 10:00  zed@initech  page
2026-01-15 10:00  old@initech  page
2026-02-02 10:00  ana@acme  page
2026-02-02 09:00  @hooli  group created_at=2025-06-01T10:00:00Z
2026-02-03 10:00  bia@globex  page
2026-02-09 10:00  ben@acme  page
2026-02-10 10:00  old@initech  page
2026-02-11 10:00  dia@hooli  page
2026-02-12 10:00  eva@umbrella  page
2026-02-16 10:00  ana@acme  page
2026-02-18 10:00  bia@globex  page
2026-02-19 10:00  zoe  page

want week 2026-02-02 = null zero_denominator (2/0)
want week 2026-02-09 = 3 (3/1)
want week 2026-02-16 = 0.33 (1/3)
want month 2026-02-01 = null zero_denominator (4/0) incomplete
*/
