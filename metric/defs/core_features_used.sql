-- name: core_features_used
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: features
-- window: 28
-- of: accounts
-- bounds: share
-- title [en]: Core features used
-- title [pt-BR]: Funcionalidades centrais em uso
-- definition [en]: How many of the core features an account that did anything in the 28 days up to the last day of the
--   period used in them.
-- definition [pt-BR]: Quantas das funcionalidades centrais usou, nos 28 dias até o último dia do período, uma conta que
--   fez alguma coisa neles.
-- formula [en]: core features that each account used in the days D-27 to D, summed / (accounts that did anything in them
--   × core features)
-- formula [pt-BR]: funcionalidades centrais que cada conta usou nos dias D-27 a D, somadas / (contas que fizeram alguma
--   coisa neles × funcionalidades centrais)
-- rules [en]: Core features are those of setting features; without any the value is null. One use by anybody of the
--   account is enough. Per account it is the share of the core features. As long as the window begins before the first
--   fact, the value is null. The interval is over accounts.
-- rules [pt-BR]: As funcionalidades centrais são as da configuração features; sem nenhuma, o valor é nulo. Basta um uso
--   de qualquer pessoa da conta. Por conta, é a parte das funcionalidades centrais. Enquanto a janela começa antes do
--   primeiro fato, o valor é nulo. O intervalo é entre contas.
-- reading [en]: Low: customers pay for more than they use. A fall of one account is an early sign that it needs the
--   product for less.
-- reading [pt-BR]: Baixa: os clientes pagam por mais do que usam. A queda em uma conta é um sinal antecipado de que ela
--   precisa do produto para menos.
WITH core AS (
  SELECT arrayElementOrNull({feature_names:Array(String)}, k.place) AS feature,
    arrayElementOrNull({feature_events:Array(String)}, k.place) AS event
  FROM (SELECT i64(generate_series) AS place FROM generate_series(1, {feature_count:Int64})) AS k
  WHERE arrayElementOrNull({feature_cores:Array(Int64)}, k.place) = 1
)
SELECT v.grp AS grp, v.account AS unit, v.account AS account, t.period AS period,
  i64(count(DISTINCT f.feature)) AS numerator, {core_count:Int64} AS denominator
FROM (SELECT DISTINCT a.grp AS grp, a.account AS account, a.day AS day, a.event AS event FROM {{activity 27}} AS a WHERE a.account <> '') AS v
JOIN {{trailing 28}} AS t ON t.day = v.day
LEFT JOIN core AS f ON f.event = v.event
WHERE {core_count:Int64} > 0
GROUP BY v.grp, v.account, t.period

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-10 09:00  ana@acme  "Report Created"
2026-02-10 09:00  ana@acme  "Report Created" x5
2026-02-11 09:00  ben@acme  "Board Viewed"
2026-02-12 09:00  ben@acme  "Board Shared"
2026-02-11 09:00  bia@globex  "Exported" x9
2026-02-13 09:00  cid@initech  "Board Shared"
2026-02-13 09:00  cid@initech  "Exported"

want month 2026-02-01 = 0.5 (3/6)
want month 2026-02-01 by account acme = 1 (2/2)
want week 2026-02-09 = 0.5 (3/6)
want month 2026-02-01 by account globex = 0 (0/2)
want month 2026-01-01 = null window_not_covered incomplete
*/
