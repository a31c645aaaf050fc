-- name: use_break_8w
-- group: usage
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 56
-- of: accounts
-- title [en]: Break of use (8 weeks)
-- title [pt-BR]: Quebra do uso (8 semanas)
-- definition [en]: The share of accounts whose weekly use dropped at one point of the eight weeks up to the last day of the
--   period, further than chance explains.
-- definition [pt-BR]: A parte das contas cujo uso semanal caiu em um ponto das oito semanas até o último dia do período,
--   mais do que o acaso explica.
-- formula [en]: per account 1 when for any split into weeks before and the last 2 to 6 weeks (mean before - mean since) /
--   sqrt(noise × (1/weeks before + 1/weeks since)) is above 4.5; weeks are 2 × sqrt(events + 3/8), noise their variance
--   about the two means (6 degrees of freedom), at least 1
-- formula [pt-BR]: por conta 1 quando, em alguma divisão entre as semanas anteriores e as últimas 2 a 6, (média anterior -
--   média desde então) / raiz(ruído × (1/semanas anteriores + 1/semanas desde então)) passa de 4,5; semanas são
--   2 × raiz(eventos + 3/8), ruído é a variância em torno das duas médias (6 graus de liberdade), no mínimo 1
-- rules [en]: Only accounts that began at least eight weeks before and had any event in them. The root makes the noise of
--   counts equal at every size, and 1 is the noise of pure chance. Of accounts whose use did not change, at most about one
--   in a hundred is flagged. Rises are not flagged. A week without events counts as 0 events. Events that count as active.
--   As long as the 56 days begin before the first fact, the value is null. Holidays and seasons are not taken out.
-- rules [pt-BR]: Só contas que começaram pelo menos oito semanas antes e tiveram algum evento nelas. A raiz torna o ruído
--   das contagens igual em qualquer tamanho, e 1 é o ruído do puro acaso. Das contas cujo uso não mudou, no máximo cerca
--   de uma em cem é marcada. Altas não são marcadas. Uma semana sem eventos conta como 0 eventos. Eventos que contam como
--   ativos. Enquanto os 56 dias começam antes do primeiro fato, o valor é nulo. Feriados e estações não são descontados.
-- reading [en]: Per account it is a flag: 1 says that something happened there, such as a champion who left or a team that
--   went elsewhere. A slow decline shows in the trend of use before it shows here.
-- reading [pt-BR]: Por conta é um sinal: 1 diz que algo aconteceu ali, como um champion que saiu ou uma equipe que foi para
--   outro lugar. Uma queda lenta aparece na tendência do uso antes de aparecer aqui.
SELECT k.of_group AS grp, k.account_id AS unit, k.account_id AS account, k.in_period AS period,
  max(CASE WHEN k.earlier / (8 - k.since) - k.recent / k.since > 4.5 * sqrt(
    greatest(1.0, (k.squares - k.earlier * k.earlier / (8 - k.since) - k.recent * k.recent / k.since) / 6) * (1.0 / (8 - k.since) + 1.0 / k.since)
  ) THEN 1 ELSE 0 END) AS numerator, 1 AS denominator
FROM (
  SELECT w.of_group AS of_group, w.account_id AS account_id, w.in_period AS in_period, max(w.last_day) AS last_day, f64(s.ago) AS since,
    sum(CASE WHEN w.weeks_ago < s.ago THEN w.root ELSE 0 END) AS recent, sum(CASE WHEN w.weeks_ago < s.ago THEN 0 ELSE w.root END) AS earlier,
    sum(w.root * w.root) AS squares
  FROM (
    SELECT a.grp AS of_group, a.account AS account_id, t.period AS in_period, max(t.last) AS last_day,
      intDiv(t.ago, 7) AS weeks_ago, 2 * sqrt(i64(sum(a.n)) + 0.375) - 2 * sqrt(0.375) AS root
    FROM (
      SELECT v.grp AS grp, v.account AS account, v.day AS day, i64(sum(v.n)) AS n
      FROM {{activity 55}} AS v
      WHERE v.account <> '' AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))
      GROUP BY v.grp, v.account, v.day
    ) AS a
    JOIN {{trailing 56}} AS t ON t.day = a.day
    GROUP BY a.grp, a.account, t.period, intDiv(t.ago, 7)
  ) AS w
  CROSS JOIN (SELECT DISTINCT c.ago AS ago FROM {{trailing 7}} AS c WHERE c.ago >= 2) AS s
  GROUP BY w.of_group, w.account_id, w.in_period, s.ago
) AS k
JOIN (
  SELECT c.account AS born_account, least(c.created_day, c.seen_day) AS born_day FROM {{accounts "unfiltered"}} AS c
) AS b ON b.born_account = k.account_id
WHERE b.born_day <= addDaysN(k.last_day, -55)
GROUP BY k.of_group, k.account_id, k.in_period

/* example
now 2026-03-10 12:00
2025-12-25 10:00  ana@acme  page
2026-01-05 10:00  ana@acme  page x20
2026-01-05 10:00  cid@initech  page x10
2026-01-05 10:00  dia@hooli  page x10
2026-01-12 10:00  ana@acme  page x20
2026-01-12 10:00  cid@initech  page x30
2026-01-12 10:00  dia@hooli  page x10
2026-01-19 10:00  ana@acme  page x20
2026-01-19 10:00  cid@initech  page x10
2026-01-19 10:00  dia@hooli  page x10
2026-01-26 10:00  ana@acme  page x20
2026-01-26 10:00  cid@initech  page x30
2026-01-26 10:00  dia@hooli  page x10
2026-02-02 10:00  ana@acme  page x20
2026-02-02 10:00  cid@initech  page x10
2026-02-02 10:00  dia@hooli  page x10
2026-02-09 10:00  ana@acme  page x2
2026-02-09 10:00  cid@initech  page x30
2026-02-09 10:00  dia@hooli  page x5
2026-02-16 10:00  ana@acme  page x2
2026-02-16 10:00  cid@initech  page x10
2026-02-16 10:00  dia@hooli  page x5
2026-02-23 10:00  ana@acme  page x2
2026-02-23 10:00  cid@initech  page x8
2026-02-23 10:00  dia@hooli  page x5
2025-12-25 10:00  cid@initech  page
2025-12-25 10:00  dia@hooli  page
2026-02-10 10:00  eva@umbrella  page x50

want week 2026-02-23 = 0.3333 (1/3)
want week 2026-02-23 by account acme = 1 (1/1)
want week 2026-02-23 by account initech = 0 (0/1)
want week 2026-02-23 by account hooli = 0 (0/1)
want week 2026-02-02 as of 2026-02-07 = null window_not_covered (0/0) incomplete
want month 2026-02-01 = 0.3333 (1/3)
*/
