-- name: product_adoption_rate
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
-- title [en]: Product adoption rate
-- title [pt-BR]: Taxa de adoção do produto
-- definition [en]: Of the registered people, the share who use the core functions of the product often.
-- definition [pt-BR]: Das pessoas cadastradas, a parte que usa com frequência as funcionalidades centrais do produto.
-- formula [en]: people who used a core feature on as many days of the window that ends with the period as the setting
--   asks for / people registered by the end of the period
-- formula [pt-BR]: pessoas que usaram uma funcionalidade central em tantos dias da janela que termina com o período
--   quantos a configuração pede / pessoas cadastradas até o fim do período
-- rules [en]: Which features are core, the window and the number of days are the setting of features; without core
--   features any activity counts. A person is registered from the trait created_at, else from the first activity that
--   counts, and stays registered. A period that still runs ends with the last day read. Breakdowns use the account of
--   the person's first activity, with its attributes on the last day.
-- rules [pt-BR]: Quais funcionalidades são centrais, a janela e o número de dias são a configuração de
--   funcionalidades; sem nenhuma central, vale qualquer atividade. Uma pessoa está cadastrada a partir do atributo
--   created_at, senão da primeira atividade que conta, e continua cadastrada. Um período em andamento termina no último
--   dia lido. As quebras usam a conta da primeira atividade da pessoa, com os atributos do último dia.
-- reading [en]: Of 1,000 people registered, 500 use the core functions often: the rate is 50%. It says whether the
--   product became part of the work; with people who registered long ago and left it only falls, so read the rate among
--   active people beside it.
-- reading [pt-BR]: De 1.000 pessoas cadastradas, 500 usam as funcionalidades centrais com frequência: a taxa é de 50%. Diz se
--   o produto virou parte do trabalho; com gente cadastrada há muito tempo que já saiu, ela só cai, por isso leia ao
--   lado a taxa entre pessoas ativas.
WITH used AS (
  SELECT p.period AS period, d.person AS person, i64(count(*)) AS days
  FROM (
    SELECT DISTINCT v.person AS person, v.day AS day
    FROM {{activity 91 "unfiltered"}} AS v
    WHERE v.person <> '' AND ({core_any:Bool} OR has({core_events:Array(String)}, v.event))
  ) AS d
  JOIN {{periods}} AS p ON d.day > addDaysN(p.last, -{feature_days:Int64}) AND d.day <= p.last
  GROUP BY 1, 2
)
SELECT r.grp AS grp, r.person AS unit, r.account AS account, r.period AS period,
  CASE WHEN coalesce(u.days, 0) >= {adopted_days:Int64} THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{registered}} AS r
LEFT JOIN used AS u ON u.person = r.person AND u.period = r.period

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-05 09:00  p{1..1000}@acme  "Signed In"
2026-02-10 09:00  p{1..500}@acme  "Report Created"
2026-02-17 09:00  p{1..500}@acme  "Board Viewed"
2026-02-24 09:00  p{1..500}@acme  "Board Shared" x4
2026-02-20 09:00  p{501..520}@acme  "Report Created" x9
2026-02-21 09:00  p{501..520}@acme  "Exported"
2026-02-22 09:00  p{501..520}@acme  "Report Created"
2026-03-20 10:00  @acme  group plan=pro

want month 2026-02-01 = 0.5 (500/1000) [0.4691..0.5309]
want month 2026-01-01 = 0 (0/1000)
want week 2026-03-02 = 0.5 (500/1000)
want week 2026-03-09 = 0 (0/1000)
want month 2026-03-01 by plan pro = 0 (0/1000) incomplete
*/
