-- name: activated_accounts
-- group: activation
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: activation
-- title [en]: Activated accounts
-- title [pt-BR]: Contas ativadas
-- definition [en]: Accounts that met the activation criterion on a day of the period.
-- definition [pt-BR]: Contas que cumpriram o critério de ativação em um dia do período.
-- formula [en]: count of accounts whose criterion first held on a day of the period
-- formula [pt-BR]: contagem de contas cujo critério valeu pela primeira vez em um dia do período
-- rules [en]: Each account counts once, on the first local day on which the criterion held, within its window after
--   the start of the account. Nobody stops being activated: later inactivity changes nothing. A fact that comes late may
--   move the day or create it, and the period is restated. The version in force on the day of the start judges.
-- rules [pt-BR]: Cada conta conta uma vez, no primeiro dia local em que o critério valeu, dentro da janela após o
--   início da conta. Ninguém deixa de estar ativado: a inatividade posterior nada muda. Um fato que chega tarde pode
--   mudar esse dia ou criá-lo, e o período é reapresentado. Julga a versão em vigor no dia do início.
-- reading [en]: How many customers crossed the line to value, when they did. Against new accounts it shows whether
--   onboarding keeps up with sales.
-- reading [pt-BR]: Quantos clientes chegaram ao valor, quando chegaram. Ao lado das novas contas, mostra se a
--   implantação acompanha as vendas.
SELECT a.grp AS grp, a.unit AS unit, a.account AS account, d.period AS period, 1 AS numerator
FROM {{activated "met"}} AS a
JOIN {{days}} AS d ON d.day = a.met_day

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
set activation {"events": [{"name": "Report Created", "min": 3, "by": "days"}, {"name": "Report Created", "min": 2, "by": "people"}, {"name": "Plan Chosen", "min": 1, "where": [{"property": "plan", "op": "is", "values": ["pro", "team"]}]}], "at_least": 2, "window_days": 10}
2026-02-25 09:00  ana@acme  "Report Created" x5
2026-02-26 09:00  ana@acme  "Report Created"
2026-02-27 09:00  ben@acme  "Report Created"
2026-02-25 09:00  bia@globex  "Report Created" x9
2026-03-02 09:00  bia@globex  "Plan Chosen" plan=basic
2026-03-03 09:00  bob@globex  "Report Created"
2026-03-04 09:00  bia@globex  "Plan Chosen" plan=pro
2026-02-25 09:00  cid@hooli  "Report Created" x9
2026-03-08 09:00  cid@hooli  "Plan Chosen" plan=pro

want day 2026-02-27 = 1
want day 2026-02-25 = 0
want day 2026-03-04 = 1
want day 2026-03-08 = 0
want week 2026-03-02 = 1
want month 2026-02-01 = 1
want month 2026-03-01 = 1 incomplete
*/
