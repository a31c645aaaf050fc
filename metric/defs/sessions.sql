-- name: sessions
-- group: usage
-- unit: count
-- direction: up
-- aggregation: sum
-- grains: day, week, month
-- reach: 1
-- waits: no
-- version: 1
-- per account: no
-- settings: active, conventions
-- of: people
-- title [en]: Sessions
-- title [pt-BR]: Sessões
-- definition [en]: Runs of events of a person without a silence longer than 30 minutes, counted on the local day on
--   which they begin.
-- definition [pt-BR]: Sequências de eventos de uma pessoa sem um silêncio maior que 30 minutos, contadas no dia local
--   em que começam.
-- formula [en]: events of people before which the same person did nothing for longer than the timeout
-- formula [pt-BR]: eventos de pessoas antes dos quais a mesma pessoa nada fez por mais tempo que o limite
-- rules [en]: A session that crosses midnight counts once, while both days count as active. A gap equal to the
--   timeout continues the session (setting conventions, session_minutes). Sessions have no longest length and may
--   cross midnight. Events that are not interactive belong to no session, and what nobody did has none. Devices of
--   one person are taken together. A fact that comes late can join two sessions. By account or attribute, a session
--   in two groups counts in both.
-- rules [pt-BR]: Uma sessão que atravessa a meia-noite conta uma vez, enquanto os dois dias contam como ativos. Uma
--   pausa igual ao limite continua a sessão (ajuste conventions, session_minutes). Sessões não têm duração máxima e
--   podem atravessar a meia-noite. Eventos não interativos não pertencem a nenhuma sessão, e o que ninguém fez não
--   tem sessão. Os aparelhos de uma pessoa são vistos juntos. Um fato que chega tarde pode unir duas sessões. Por
--   conta ou atributo, uma sessão em dois grupos conta nos dois.
-- reading [en]: How often people sit down with the product. Read it per active user: the sum grows with the base.
-- reading [pt-BR]: Com que frequência as pessoas se sentam diante do produto. Leia por usuário ativo: a soma cresce
--   com a base.
SELECT s.grp AS grp, s.person AS unit, min(s.account) AS account, d.period AS period,
  i64(sum(CASE WHEN s.silence IS NULL OR s.silence > {session_minutes:Int64} * 60000 THEN 1 ELSE 0 END)) AS numerator
FROM {{silences}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, d.period

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

want day 2026-02-02 = 3
want day 2026-02-03 = 1
want day 2026-02-03 known 2026-02-04 08:00 = 1
want day 2026-02-05 = null no_data
want week 2026-02-02 = 4 incomplete
want month 2026-02-01 = 4 incomplete
want day 2026-02-02 by account acme = 3
*/
