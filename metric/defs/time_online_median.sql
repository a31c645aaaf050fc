-- name: time_online_median
-- group: usage
-- unit: seconds
-- direction: up
-- aggregation: quantile
-- grains: week, day, month
-- reach: 1
-- waits: no
-- version: 1
-- per account: no
-- settings: active, conventions
-- quantile: 0.5
-- by day: yes
-- of: others
-- title [en]: Median time online
-- title [pt-BR]: Tempo on-line mediano
-- definition [en]: The median, over the days on which people were active, of the time that each was online on the
--   day.
-- definition [pt-BR]: A mediana, entre os dias em que as pessoas estiveram ativas, do tempo que cada uma ficou
--   on-line no dia.
-- formula [en]: median over person-days of the sum of the silences inside sessions, in whole seconds
-- formula [pt-BR]: mediana entre pessoas-dia da soma dos silêncios dentro das sessões, em segundos inteiros
-- rules [en]: The rows are person-days, written as person and date. The median, because few long sessions would rule
--   the mean. The interval is the log-log one of the median. A gap equal to the timeout continues the session
--   (setting conventions, session_minutes). Sessions have no longest length and may cross midnight. Events that are
--   not interactive belong to no session, and what nobody did has none. Devices of one person are taken together. A
--   fact that comes late can join two sessions. By account or attribute, a session in two groups counts in both.
-- rules [pt-BR]: As linhas são pessoas-dia, escritas como pessoa e data. A mediana, porque poucas sessões longas
--   mandariam na média. O intervalo é o log-log da mediana. Uma pausa igual ao limite continua a sessão (ajuste
--   conventions, session_minutes). Sessões não têm duração máxima e podem atravessar a meia-noite. Eventos não
--   interativos não pertencem a nenhuma sessão, e o que ninguém fez não tem sessão. Os aparelhos de uma pessoa são
--   vistos juntos. Um fato que chega tarde pode unir duas sessões. Por conta ou atributo, uma sessão em dois grupos
--   conta nos dois.
-- reading [en]: How long a person stays on a day that he or she comes. Zero means that half of the visits are a
--   single event: perhaps too little is tracked.
-- reading [pt-BR]: Quanto tempo fica uma pessoa no dia em que vem. Zero significa que metade das visitas é um único
--   evento: talvez se rastreie pouco.
SELECT y.of_group AS grp, y.person_id || ' ' || fmtDate(y.on_day, '%Y-%m-%d') AS unit, min(y.account_id) AS account, d.period AS period,
  intDiv(i64(sum(CASE WHEN y.silence <= {session_minutes:Int64} * 60000 THEN y.silence ELSE 0 END)), 1000) AS numerator, 1 AS denominator
FROM (
  SELECT e.grp AS of_group, e.person AS person_id, e.account AS account_id, e.day AS on_day,
    toMillis(e.ts) - lag(toNullable(toMillis(e.ts))) OVER (PARTITION BY {{apart "e.grp"}}e.person ORDER BY e.ts) AS silence
  FROM {{moments 1}} AS e
) AS y
JOIN {{days}} AS d ON d.day = y.on_day
GROUP BY y.of_group, y.person_id, y.on_day, d.period

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

want day 2026-02-02 = 0 (2/2)
want day 2026-02-03 = 720 (2/2)
want week 2026-02-02 = 720 (4/4) incomplete
want month 2026-02-01 = 720 (4/4) incomplete
want day 2026-02-03 by account acme = 1500 (1/1)
*/
