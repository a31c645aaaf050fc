-- name: time_online
-- group: usage
-- unit: seconds
-- direction: up
-- aggregation: sum
-- grains: day, week, month
-- reach: 1
-- waits: no
-- version: 1
-- per account: no
-- settings: active, conventions
-- of: people
-- title [en]: Time online
-- title [pt-BR]: Tempo on-line
-- definition [en]: The time from the first to the last event of each session, summed over the sessions of all people.
-- definition [pt-BR]: O tempo do primeiro ao último evento de cada sessão, somado entre as sessões de todas as
--   pessoas.
-- formula [en]: sum of the silences between successive events of a person that are not longer than the timeout, each
--   on the local day on which it ends
-- formula [pt-BR]: soma dos silêncios entre eventos sucessivos de uma pessoa que não passam do limite, cada um no dia
--   local em que termina
-- rules [en]: A session of one event lasts 0 seconds. Devices of one person that overlap are united, not added.
--   Waiting inside a session counts as time. A gap equal to the timeout continues the session (setting conventions,
--   session_minutes). Sessions have no longest length and may cross midnight. Events that are not interactive belong
--   to no session, and what nobody did has none. Devices of one person are taken together. A fact that comes late can
--   join two sessions. By account or attribute, a session in two groups counts in both.
-- rules [pt-BR]: Uma sessão de um só evento dura 0 segundos. Aparelhos de uma pessoa que se sobrepõem são unidos, não
--   somados. A espera dentro de uma sessão conta como tempo. Uma pausa igual ao limite continua a sessão (ajuste
--   conventions, session_minutes). Sessões não têm duração máxima e podem atravessar a meia-noite. Eventos não
--   interativos não pertencem a nenhuma sessão, e o que ninguém fez não tem sessão. Os aparelhos de uma pessoa são
--   vistos juntos. Um fato que chega tarde pode unir duas sessões. Por conta ou atributo, uma sessão em dois grupos
--   conta nos dois.
-- reading [en]: A sum grows with the base and says nothing of a person: for that read the median. Longer is not
--   always better; a tool that saves time may be used for less of it.
-- reading [pt-BR]: Uma soma cresce com a base e nada diz de uma pessoa: para isso leia a mediana. Mais tempo nem
--   sempre é melhor; uma ferramenta que poupa tempo pode ser usada por menos tempo.
SELECT s.grp AS grp, s.person AS unit, min(s.account) AS account, d.period AS period,
  f64(i64(sum(CASE WHEN s.silence <= {session_minutes:Int64} * 60000 THEN s.silence ELSE 0 END))) / 1000 AS numerator
FROM {{silences}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, d.period

/* example
as in sessions

want day 2026-02-02 = 3000
want day 2026-02-03 = 2220
want day 2026-02-03 known 2026-02-04 08:00 = 2220
want week 2026-02-02 = 5220 incomplete
want month 2026-02-01 = 5220 incomplete
want day 2026-02-03 by account globex = 720
*/
