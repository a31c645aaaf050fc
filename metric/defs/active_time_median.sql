-- name: active_time_median
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
-- title [en]: Median active time
-- title [pt-BR]: Tempo ativo mediano
-- definition [en]: The median, over the days on which people were active, of the time for which each was at work on the
--   day: online without a silence longer than the idle limit.
-- definition [pt-BR]: A mediana, entre os dias em que as pessoas estiveram ativas, do tempo em que cada uma esteve de fato
--   trabalhando no dia: on-line sem um silêncio maior que o limite de ociosidade.
-- formula [en]: median over person-days of the sum of the silences that are not longer than the idle limit, in whole
--   seconds
-- formula [pt-BR]: mediana entre pessoas-dia da soma dos silêncios que não passam do limite de ociosidade, em segundos
--   inteiros
-- rules [en]: The rows are person-days, written as person and date. The median, because few long days would rule the
--   mean. The interval is the log-log one of the median. The limit is 5 minutes unless setting conventions
--   (idle_minutes) says another; a silence of exactly as long counts, a longer one counts not at all. Events called
--   Heartbeat, sent while the page is in sight, make nobody active and prolong the time; a day with nothing but them
--   has none. Devices of one person are taken together, so that what overlaps is united. By account or attribute, what
--   was done in two groups is looked at apart.
-- rules [pt-BR]: As linhas são pessoas-dia, escritas como pessoa e data. A mediana, porque poucos dias longos
--   mandariam na média. O intervalo é o log-log da mediana. O limite é de 5 minutos, salvo se a configuração
--   conventions (idle_minutes) disser outro; um silêncio exatamente igual conta, um maior não conta nada. Eventos
--   chamados Heartbeat, enviados enquanto a página está à vista, não tornam ninguém ativo e prolongam o tempo; um dia
--   só com eles não tem nenhum. Os aparelhos de uma pessoa são vistos juntos, e o que se sobrepõe é unido. Por conta
--   ou atributo, o que se fez em dois grupos é visto em separado.
-- reading [en]: How long a person works with the product on a day that he or she comes. Beside the time online, which
--   counts every wait of a session: what lies between the two is time in which nothing happened.
-- reading [pt-BR]: Quanto tempo uma pessoa trabalha com o produto no dia em que vem. Ao lado do tempo on-line, que
--   conta toda espera da sessão: o que fica entre os dois é tempo em que nada aconteceu.
SELECT s.grp AS grp, s.person || ' ' || fmtDate(s.day, '%Y-%m-%d') AS unit, min(s.account) AS account, d.period AS period,
  intDiv(i64(sum(CASE WHEN s.silence <= {idle_minutes:Int64} * 60000 THEN s.silence ELSE 0 END)), 1000) AS numerator, 1 AS denominator
FROM {{silences "beats"}} AS s
JOIN {{days}} AS d ON d.day = s.day
GROUP BY s.grp, s.person, s.day, d.period
HAVING max(s.acted) = 1

/* example
as in active_time

want day 2026-02-02 = 0 (2/2)
want day 2026-02-03 = 720 (1/1)
want week 2026-02-02 = 480 (3/3) incomplete
want month 2026-02-01 = 480 (3/3) incomplete
want day 2026-02-02 by account acme = 480 (1/1)
*/
