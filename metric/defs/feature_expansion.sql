-- name: feature_expansion
-- group: adoption
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: 55
-- waits: no
-- version: 1
-- per account: yes
-- settings: features
-- of: accounts
-- title [en]: Expansion of features
-- title [pt-BR]: Expansão de funcionalidades
-- definition [en]: How many features accounts use in the last 28 days for each one that they used in the 28 days
--   before.
-- definition [pt-BR]: Quantas funcionalidades as contas usam nos últimos 28 dias para cada uma que usavam nos 28 dias
--   anteriores.
-- formula [en]: features that each account used in the 28 days that end with the period / those used in the 28 days
--   before
-- formula [pt-BR]: funcionalidades que cada conta usou nos 28 dias que terminam com o período / as usadas nos 28 dias
--   anteriores
-- rules [en]: The third mission of adoption, use. Features are those of the setting; without any each event is one. 1
--   is as many as before. Accounts that used none in either window are left out.
-- rules [pt-BR]: A terceira missão da adoção, uso. As funcionalidades são as da configuração; sem nenhuma, cada evento
--   é uma. 1 é o mesmo que antes. Contas que não usaram nenhuma nas duas janelas ficam de fora.
-- reading [en]: Above 1 customers find more uses for what they have. Wide use makes leaving expensive.
-- reading [pt-BR]: Acima de 1, os clientes encontram mais usos para o que têm. Uso amplo torna a saída cara.
WITH known AS (
  SELECT arrayElementOrNull({feature_names:Array(String)}, k.place) AS feature,
    arrayElementOrNull({feature_events:Array(String)}, k.place) AS event
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {feature_count:Int64})) AS k
),
used AS (
  SELECT DISTINCT v.grp AS grp, v.account AS account, v.day AS day, CASE WHEN {feature_any:Bool} THEN v.event ELSE coalesce(f.feature, '') END AS feature
  FROM (SELECT DISTINCT a.grp AS grp, a.account AS account, a.day AS day, a.event AS event FROM {{activity 55}} AS a WHERE a.account <> '') AS v
  LEFT JOIN known AS f ON f.event = v.event
  WHERE {feature_any:Bool} OR f.feature IS NOT NULL
)
SELECT b.grp AS grp, b.account AS unit, b.account AS account, b.period AS period, b.recent AS numerator, b.before AS denominator
FROM {{breadth "used" "feature"}} AS b

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-10 09:00  ana@acme  "Report Created"
2026-02-10 09:00  ana@acme  "Report Created" x5
2026-02-10 09:00  ana@acme  "Board Viewed"
2026-02-11 09:00  ben@acme  "Board Shared"
2026-02-12 09:00  ben@acme  "Signed In"
2026-01-10 09:00  bia@globex  "Exported"
2026-01-11 09:00  bia@globex  "Board Viewed"
2026-02-10 09:00  bia@globex  "Exported"

want month 2026-02-01 = 1 (3/3)
want month 2026-02-01 by account acme = 2 (2/1)
want week 2026-02-09 = 1 (3/3)
*/
