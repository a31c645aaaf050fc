-- name: adoption_rate_active
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active, features
-- of: people
-- title [en]: Adoption rate among active people
-- title [pt-BR]: Taxa de adoção entre pessoas ativas
-- definition [en]: Of the people who used the product at all in the window, the share who use its core functions
--   often.
-- definition [pt-BR]: Das pessoas que usaram o produto na janela, a parte que usa com frequência as suas funções
--   centrais.
-- formula [en]: people who used a core feature on enough days of the window that ends with the period / people who did
--   anything that counts as active in that window
-- formula [pt-BR]: pessoas que usaram uma funcionalidade central em dias suficientes da janela que termina com o
--   período / pessoas que fizeram algo que conta como ativo nessa janela
-- rules [en]: As the product adoption rate, but people who did nothing in the window leave the denominator.
-- rules [pt-BR]: Como a taxa de adoção do produto, mas quem não fez nada na janela sai do denominador.
-- reading [en]: Of those who come, how many come for what they bought. High here and low among the registered: people
--   like it, but many never come.
-- reading [pt-BR]: De quem vem, quantos vêm pelo que compraram. Alta aqui e baixa entre os cadastrados: quem usa
--   gosta, mas muitos nunca vêm.
WITH used AS (
  SELECT p.period AS period, d.person AS person, i64(count(*)) AS days
  FROM (
    SELECT DISTINCT v.person AS person, v.day AS day
    FROM {{activity 91 "unfiltered"}} AS v
    WHERE v.person <> '' AND ({core_any:Bool} OR has({core_events:Array(String)}, v.event))
  ) AS d
  JOIN {{periods}} AS p ON d.day > addDaysN(p.last, -{feature_days:Int64}) AND d.day <= p.last
  GROUP BY 1, 2
),
came AS (
  SELECT p.period AS period, g.person AS person
  FROM (
    SELECT v.person AS person, v.day AS day, coalesce(lead(toNullable(v.day)) OVER (PARTITION BY v.person ORDER BY v.day), DATE '2149-01-01') AS next_day
    FROM (SELECT DISTINCT x.person AS person, x.day AS day FROM {{presence 91}} AS x WHERE x.person <> '') AS v
  ) AS g
  JOIN {{periods}} AS p ON p.last >= g.day AND p.last < g.next_day AND g.day > addDaysN(p.last, -{feature_days:Int64})
)
SELECT r.grp AS grp, r.person AS unit, r.account AS account, r.period AS period,
  CASE WHEN coalesce(u.days, 0) >= {adopted_days:Int64} THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{registered}} AS r
JOIN came AS c ON c.person = r.person AND c.period = r.period
LEFT JOIN used AS u ON u.person = r.person AND u.period = r.period

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-05 09:00  p{1..10}@acme  "Signed In"
2026-02-10 09:00  p{1..4}@acme  "Report Created"
2026-02-17 09:00  p{1..3}@acme  "Board Viewed"
2026-02-24 09:00  p{1..3}@acme  "Report Created" x4

want month 2026-02-01 = 0.75 (3/4) [0.3006..0.9544]
want week 2026-02-23 = 0.75 (3/4)
want month 2026-01-01 = 0 (0/10)
*/
