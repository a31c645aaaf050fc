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
SELECT s.grp AS grp, s.person AS unit, min(s.account) AS account, d.period AS period,
  i64(sum(CASE WHEN s.silence IS NULL OR s.silence > {session_minutes:Int64} * 60000 THEN 1 ELSE 0 END)) AS numerator
FROM {{silences}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, d.period

/* example
as in sessions

want day 2026-02-02 = 1.5 (3/2)
want day 2026-02-03 = 0.5 (1/2)
want week 2026-02-02 = 1.33 (4/3) incomplete
want month 2026-02-01 = 1.33 (4/3) incomplete
*/
