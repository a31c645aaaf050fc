-- name: stickiness_point
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: rolling share
-- grains: day
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Stickiness of a day (DAU/MAU)
-- title [pt-BR]: Aderência de um dia (DAU/MAU)
-- definition [en]: The share of the people active in the 28 days up to a day who were active on that day.
-- definition [pt-BR]: A parte das pessoas ativas nos 28 dias até um dia que esteve ativa nesse dia.
-- formula [en]: people active on day D / people active on any of the days D-27 to D
-- formula [pt-BR]: pessoas ativas no dia D / pessoas ativas em qualquer um dos dias D-27 a D
-- rules [en]: Defined per day only. As long as the 28 days begin before the first fact, the value is null; so it is on a
--   day on which nothing at all was received, which is no data and not zero. It differs from the stickiness of a month,
--   which holds the mean of the days against the people of the whole month, and from the mean of the daily ratios.
-- rules [pt-BR]: Definida só por dia. Enquanto os 28 dias começam antes do primeiro fato, o valor é nulo; também no dia em
--   que nada foi recebido, que é sem dados e não zero. É diferente da aderência de um mês, que põe a média dos dias
--   contra as pessoas do mês inteiro, e da média das razões diárias.
-- reading [en]: It moves with the day of the week: compare a day with the same weekday before. For one figure of a month
--   take the plain stickiness.
-- reading [pt-BR]: Move-se com o dia da semana: compare um dia com o mesmo dia da semana anterior. Para um número do mês
--   use a aderência simples.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
now 2026-03-10 12:00
2026-02-01 10:00  ana@acme  page
2026-02-03 10:00  ben@acme  page
2026-02-10 10:00  cid@globex  page
2026-02-27 10:00  ana@acme  page
2026-02-28 10:00  ana@acme  page
2026-03-01 09:00  eve  identify plan=none
2026-03-02 10:00  ana@acme  page
2026-03-02 11:00  ben@acme  page
2026-03-03 10:00  cid@globex  page

want day 2026-02-27 = null window_not_covered (1/3) incomplete
want day 2026-02-28 = 0.3333 (1/3) [0.0615..0.7923]
want day 2026-03-01 = 0 (0/3) [0.0000..0.5615]
want day 2026-03-02 = 0.6667 (2/3)
want day 2026-03-02 by account acme = 1 (2/2)
want day 2026-03-05 = null no_data
want day 2026-03-11 = null not_started incomplete
*/
