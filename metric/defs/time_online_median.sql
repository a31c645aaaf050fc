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
SELECT s.grp AS grp, s.person || ' ' || fmtDate(s.day, '%Y-%m-%d') AS unit, min(s.account) AS account, d.period AS period,
  intDiv(i64(sum(CASE WHEN s.silence <= {session_minutes:Int64} * 60000 THEN s.silence ELSE 0 END)), 1000) AS numerator, 1 AS denominator
FROM {{silences}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, s.day, d.period

/* example
as in sessions

want day 2026-02-02 = 0 (2/2)
want day 2026-02-03 = 720 (2/2)
want week 2026-02-02 = 720 (4/4) incomplete
want month 2026-02-01 = 720 (4/4) incomplete
want day 2026-02-03 by account acme = 1500 (1/1)
*/
