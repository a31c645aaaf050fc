-- name: active_time
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
-- title [en]: Active time
-- title [pt-BR]: Tempo ativo
-- definition [en]: The time for which people were at work: online without a silence longer than the idle limit, summed
--   over all of them.
-- definition [pt-BR]: O tempo em que as pessoas estiveram de fato trabalhando: on-line sem um silêncio maior que o limite
--   de ociosidade, somado entre todas.
-- formula [en]: sum of the silences between successive events of a person that are not longer than the idle limit, each
--   on the local day on which it ends
-- formula [pt-BR]: soma dos silêncios entre eventos sucessivos de uma pessoa que não passam do limite de ociosidade, cada
--   um no dia local em que termina
-- rules [en]: The limit is 5 minutes unless setting conventions (idle_minutes) says another; a silence of exactly as
--   long counts, a longer one counts not at all. Events called Heartbeat, sent while the page is in sight, make nobody
--   active and prolong the time; a day with nothing but them has none. Devices of one person are taken together, so
--   that what overlaps is united. By account or attribute, what was done in two groups is looked at apart.
-- rules [pt-BR]: O limite é de 5 minutos, salvo se a configuração conventions (idle_minutes) disser outro; um silêncio
--   exatamente igual conta, um maior não conta nada. Eventos chamados Heartbeat, enviados enquanto a página está à
--   vista, não tornam ninguém ativo e prolongam o tempo; um dia só com eles não tem nenhum. Os aparelhos de uma pessoa
--   são vistos juntos, e o que se sobrepõe é unido. Por conta ou atributo, o que se fez em dois grupos é visto em
--   separado.
-- reading [en]: A sum grows with the base and says nothing of a person: for that read the median. It is shorter than
--   the time online, which counts every wait of up to half an hour.
-- reading [pt-BR]: Uma soma cresce com a base e nada diz de uma pessoa: para isso leia a mediana. É menor que o tempo
--   on-line, que conta toda espera de até meia hora.
SELECT s.grp AS grp, s.person AS unit, min(s.account) AS account, d.period AS period,
  f64(i64(sum(CASE WHEN s.silence <= {idle_minutes:Int64} * 60000 THEN s.silence ELSE 0 END))) / 1000 AS numerator
FROM {{silences "beats"}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, d.period
HAVING max(s.acted) = 1

/* example
zone America/Sao_Paulo
now 2026-02-06 12:00
2026-02-02 10:00  ana@acme  page
2026-02-02 10:05  ana@acme  "Report Created"
2026-02-02 10:08  ana@acme  "Heartbeat"
2026-02-02 10:20  ana@acme  page
2026-02-02 10:23  ana@acme  "Heartbeat" impersonated=true
2026-02-02 23:58  ben@globex  page
2026-02-03 00:02  ben@globex  page
2026-02-03 00:06  ben@globex  "Heartbeat"
2026-02-03 00:10  ben@globex  page
2026-02-03 10:59  cid@globex  "Signed Up" impersonated=true
2026-02-03 11:00  cid@globex  "Heartbeat"
2026-02-03 11:04  cid@globex  "Heartbeat"

want day 2026-02-02 = 480
want day 2026-02-03 = 720
want day 2026-02-04 = null no_data
want week 2026-02-02 = 1200 incomplete
want month 2026-02-01 = 1200 incomplete
want day 2026-02-02 by account acme = 480
*/
