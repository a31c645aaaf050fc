-- name: new_accounts
-- group: activation
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: day, week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- title [en]: New accounts
-- title [pt-BR]: Contas novas
-- definition [en]: Accounts that were created in the period.
-- definition [pt-BR]: Contas criadas no período.
-- formula [en]: accounts whose creation falls on a local day of the period
-- formula [pt-BR]: contas cuja criação cai em um dia local do período
-- rules [en]: An account is created at its trait created_at, else at its first Signed Up, else at its first fact of any
--   kind in the whole history, never the first inside the report. A creation date that is learned or corrected later
--   moves the account to another period. Test and internal accounts are left out.
-- rules [pt-BR]: Uma conta é criada no seu atributo created_at, senão no seu primeiro Signed Up, senão no seu primeiro
--   fato de qualquer tipo em toda a história, nunca no primeiro dentro do relatório. Uma data de criação aprendida ou
--   corrigida depois leva a conta a outro período. Contas de teste e internas ficam fora.
-- reading [en]: The inflow. It says nothing of their quality: read it with the activation rate of the same cohort.
-- reading [pt-BR]: A entrada. Nada diz da qualidade: leia junto com a taxa de ativação da mesma coorte.
SELECT a.grp AS grp, a.account AS unit, a.account AS account, d.period AS period, 1 AS numerator
FROM {{accounts}} AS a
JOIN {{days}} AS d ON d.day = a.created_day

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
2026-02-02 09:00  ana@acme  "Signed Up" plan=pro
2026-02-02 22:30  bia@globex  page
2026-02-03 10:00  @initech  group created_at=2026-01-15T10:00:00-03:00 plan=basic
2026-02-03 10:00  @hooli  group test=true
2026-02-04 10:00  ana@acme  page
2026-02-05 10:00  cid@umbrella  page
2026-02-03 10:00  cid@umbrella  page  known 2026-02-18 10:00

want day 2026-02-02 = 2
want day 2026-02-03 = 1
want day 2026-02-03 known 2026-02-10 10:00 = 0
want day 2026-02-05 = 0
want day 2026-02-05 known 2026-02-10 10:00 = 1
want day 2026-02-06 = null no_data
want week 2026-02-02 = 3
want month 2026-01-01 = 1
want month 2026-02-01 = 3 incomplete
want month 2026-01-01 by plan "" = 1
*/
