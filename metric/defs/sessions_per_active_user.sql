-- name: sessions_per_active_user
-- group: usage
-- unit: count
-- direction: up
-- aggregation: mean
-- grains: week, day, month
-- reach: 1
-- waits: no
-- version: 1
-- per account: no
-- settings: active, conventions
-- of: people
-- title [en]: Sessions per active user
-- title [pt-BR]: Sessões por usuário ativo
-- definition [en]: How many sessions a person who was active in the period began in it, on average.
-- definition [pt-BR]: Quantas sessões uma pessoa ativa no período começou nele, em média.
-- formula [en]: sessions begun in the period / people active in it
-- formula [pt-BR]: sessões começadas no período / pessoas ativas nele
-- rules [en]: Somebody whose only session began before midnight of the day before the period has none in it and still
--   is active. A gap equal to the timeout continues the session (setting conventions, session_minutes). Sessions have
--   no longest length and may cross midnight. Events that are not interactive belong to no session, and what nobody
--   did has none. Devices of one person are taken together. A fact that comes late can join two sessions. By account
--   or attribute, a session in two groups counts in both.
-- rules [pt-BR]: Alguém cuja única sessão começou antes da meia-noite do dia anterior ao período não tem nenhuma nele
--   e ainda assim está ativo. Uma pausa igual ao limite continua a sessão (ajuste conventions, session_minutes).
--   Sessões não têm duração máxima e podem atravessar a meia-noite. Eventos não interativos não pertencem a nenhuma
--   sessão, e o que ninguém fez não tem sessão. Os aparelhos de uma pessoa são vistos juntos. Um fato que chega tarde
--   pode unir duas sessões. Por conta ou atributo, uma sessão em dois grupos conta nos dois.
-- reading [en]: The pull of the product on those who use it. Together with the time online it tells many short visits
--   from few long ones.
-- reading [pt-BR]: A atração do produto sobre quem o usa. Junto com o tempo on-line distingue muitas visitas curtas
--   de poucas longas.
SELECT y.of_group AS grp, y.person_id AS unit, min(y.account_id) AS account, d.period AS period,
  i64(sum(CASE WHEN y.silence IS NULL OR y.silence > {session_minutes:Int64} * 60000 THEN 1 ELSE 0 END)) AS numerator
FROM (
  SELECT e.grp AS of_group, e.person AS person_id, e.account AS account_id, e.day AS on_day,
    toMillis(e.ts) - lag(toNullable(toMillis(e.ts))) OVER (PARTITION BY {{apart "e.grp"}}e.person ORDER BY e.ts) AS silence
  FROM {{moments 1}} AS e
) AS y
JOIN {{days}} AS d ON d.day = y.on_day
GROUP BY y.of_group, y.person_id, d.period

/* example
zone America/Sao_Paulo
now 2026-02-06 12:00
2026-02-02 10:00  ana@acme  page
2026-02-02 10:20  ana@acme  "Report Created"
2026-02-02 10:50  ana@acme  page
2026-02-02 11:30  ana@acme  page
2026-02-02 23:50  ben@acme  page
2026-02-03 00:10  ben@acme  page
2026-02-03 00:15  ben@acme  page
2026-02-03 09:00  anon:b1@globex  page
2026-02-03 09:10  cid@globex  identify anon:b1
2026-02-03 09:12  cid@globex  page
2026-02-03 09:15  cid@globex  "Sync Done" interactive=false
2026-02-04 10:00  @acme  "Report Created"
2026-02-03 00:02  ben@acme  page  known 2026-02-05 08:00

want day 2026-02-02 = 1.5 (3/2)
want day 2026-02-03 = 0.5 (1/2)
want week 2026-02-02 = 1.33 (4/3) incomplete
want month 2026-02-01 = 1.33 (4/3) incomplete
*/
