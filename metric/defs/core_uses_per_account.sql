-- name: core_uses_per_account
-- group: adoption
-- unit: count
-- direction: up
-- aggregation: mean
-- grains: month, week, day
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: features
-- of: accounts
-- title [en]: Core uses per account
-- title [pt-BR]: Usos centrais por conta
-- definition [en]: How often, on average, an account that used the product in the period used its core features.
-- definition [pt-BR]: Quantas vezes, em média, uma conta que usou o produto no período usou as suas funcionalidades
--   centrais.
-- formula [en]: uses of core features in the period / accounts that used the product in the period
-- formula [pt-BR]: usos de funcionalidades centrais no período / contas que usaram o produto no período
-- rules [en]: Every interactive event of a core feature is a use; without core features every interactive event is.
--   Accounts that did nothing are left out. Compare periods of the same length only.
-- rules [pt-BR]: Cada evento interativo de uma funcionalidade central é um uso; sem nenhuma central, cada evento
--   interativo é. Contas que não fizeram nada ficam de fora. Compare só períodos do mesmo tamanho.
-- reading [en]: How deeply customers use what the product is bought for.
-- reading [pt-BR]: Com que intensidade os clientes usam aquilo por que compraram o produto.
SELECT v.grp AS grp, v.account AS unit, v.account AS account, d.period AS period,
  i64(sum(CASE WHEN {core_any:Bool} OR has({core_events:Array(String)}, v.event) THEN v.n ELSE 0 END)) AS numerator
FROM {{activity}} AS v
JOIN {{days}} AS d ON d.day = v.day
WHERE v.account <> ''
GROUP BY 1, 2, 3, 4

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-02-10 09:00  ana@acme  "Report Created" x6
2026-02-11 09:00  ben@acme  "Board Viewed" x2
2026-02-11 09:00  ben@acme  "Exported" x9
2026-02-11 09:00  bia@globex  "Exported" x3

want month 2026-02-01 = 4 (8/2) [0..54.82]
want day 2026-02-11 = 1 (2/2)
want week 2026-02-09 = 4 (8/2)
want day 2026-02-12 = null no_data
*/
