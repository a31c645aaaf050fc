-- name: days_since_champion_activity
-- group: usage
-- unit: days
-- direction: down
-- aggregation: quantile
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- quantile: 0.5
-- of: accounts
-- title [en]: Days since a champion was active
-- title [pt-BR]: Dias desde que um champion esteve ativo
-- definition [en]: The median over accounts of the days from the last active day of one of their champions to the last
--   day of the period.
-- definition [pt-BR]: A mediana entre as contas dos dias do último dia ativo de um de seus champions até o último dia do
--   período.
-- formula [en]: median over the accounts with a champion active in the 91 days up to D of D - the champion's last
--   active day
-- formula [pt-BR]: mediana entre as contas com um champion ativo nos 91 dias até D de D - último dia ativo do champion
-- rules [en]: A champion is who has that role on day D, whatever it was on the active day: as the team says on the
--   person's page, else as the attribute role says. Of several champions the one active last counts. Accounts whose
--   champions were not active for more than 90 days, or who have none, are not counted, nor have they a value.
-- rules [pt-BR]: Champion é quem tem esse papel no dia D, fosse qual fosse no dia ativo: como a equipe diz na página da
--   pessoa, senão como diz o atributo role. De vários champions conta o que esteve ativo por último. Contas cujos
--   champions não estiveram ativos há mais de 90 dias, ou que não têm nenhum, não são contadas nem têm valor.
-- reading [en]: A champion who stops coming is often one who has left: the account goes on, its sponsor does not.
--   Beside the days of the account it tells the two apart.
-- reading [pt-BR]: Um champion que deixa de vir muitas vezes é um que saiu: a conta segue, o patrocinador não. Ao lado
--   dos dias da conta, distingue os dois.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, p.period AS period, i64(min(p.last) - max(x.day)) AS numerator, 1 AS denominator
FROM (
  SELECT v.grp AS grp, v.account AS account, v.day AS day, r.from_day AS from_day, r.to_day AS to_day
  FROM {{present 90}} AS v
  JOIN {{roles}} AS r ON r.person = v.person
  WHERE r.val = 'champion' AND v.account <> ''
) AS x
JOIN {{periods}} AS p ON x.day <= p.last AND x.day >= addDaysN(p.last, -90) AND x.from_day <= p.last AND x.to_day > p.last
GROUP BY x.grp, x.account, p.period

/* example
now 2026-03-10 12:00
2026-02-01 10:00  ana@acme  identify role=Champion
2026-02-03 10:00  ana@acme  page
2026-02-24 10:00  rui@acme  page
2026-02-20 10:00  ben@globex  page
2026-02-21 10:00  ben@globex  identify role=analyst
2026-02-26 10:00  ben@globex  identify role=champion  known 2026-03-05 10:00
2026-02-22 10:00  cid@initech  page
2026-03-02 10:00  rui@acme  identify role="power user"
2026-03-04 10:00  rui@acme  page

want month 2026-02-01 by account acme = 25 (1/1)
want month 2026-02-01 by account globex = 8 (1/1)
want month 2026-02-01 = 8 (2/2)
want month 2026-02-01 known 2026-03-01 12:00 = 25 (1/1)
want week 2026-02-09 = 12 (1/1)
*/
