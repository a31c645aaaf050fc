-- name: adoption_rate_seats
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, features
-- bounds: positive
-- title [en]: Adoption rate of paid seats
-- title [pt-BR]: Taxa de adoção das licenças pagas
-- definition [en]: Of the seats that customers pay for, the share whose users use the core functions often.
-- definition [pt-BR]: Das licenças pagas pelos clientes, a parte com usuários que usam com frequência as funções
--   centrais.
-- formula [en]: people who used a core feature on enough days of the window that ends with the period / seats of the
--   active subscriptions on the period's last day
-- formula [pt-BR]: pessoas que usaram uma funcionalidade central em dias suficientes da janela que termina com o
--   período / licenças das assinaturas ativas no último dia do período
-- rules [en]: Accounts with an active subscription that names its seats count; the seats of several are added. Seats
--   that ended leave on the day on which they end. Above 100% more people use it than were paid for. People count for
--   the account in which they did it.
-- rules [pt-BR]: Contam contas com uma assinatura ativa que informa as licenças; as de várias se somam. Licenças
--   encerradas saem no dia em que acabam. Acima de 100%, usa mais gente do que se pagou. Pessoas contam na conta em que
--   usaram.
-- reading [en]: How much of what was sold is in use. Low before a renewal is the best warning of a contraction; near
--   or above 100% is a reason to talk about more seats.
-- reading [pt-BR]: Quanto do que foi vendido está em uso. Baixa antes de uma renovação é o melhor aviso de contração;
--   perto ou acima de 100%, é motivo para falar de mais licenças.
WITH did AS (
  SELECT p.period AS period, x.account AS account, x.person AS person, i64(count(*)) AS days
  FROM (
    SELECT DISTINCT v.account AS account, v.person AS person, v.day AS day
    FROM {{activity 91 "unfiltered"}} AS v
    WHERE v.person <> '' AND v.account <> '' AND ({core_any:Bool} OR has({core_events:Array(String)}, v.event))
  ) AS x
  JOIN {{periods}} AS p ON x.day > addDaysN(p.last, -{feature_days:Int64}) AND x.day <= p.last
  GROUP BY 1, 2, 3
),
adopters AS (
  SELECT d.period AS period, d.account AS account, i64(count(*)) AS people FROM did AS d WHERE d.days >= {adopted_days:Int64} GROUP BY 1, 2
)
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  i64(coalesce(a.people, 0)) AS numerator, s.seats AS denominator
FROM {{seatsAt}} AS s
LEFT JOIN adopters AS a ON a.account = s.account AND a.period = s.period

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-05 09:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL seats=8
2026-01-05 09:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL seats=2
2026-01-05 09:00  @hooli  "Subscription Started" subscription=s3 mrr=100 currency=BRL
2026-02-10 09:00  p{1..4}@acme  "Report Created"
2026-02-17 09:00  p{1..4}@acme  "Board Viewed"
2026-02-24 09:00  p{1..3}@acme  "Report Created" x4
2026-02-10 09:00  q{1..3}@globex  "Report Created"
2026-02-17 09:00  q{1..3}@globex  "Board Viewed"
2026-02-24 09:00  q{1..3}@globex  "Report Created" x4
2026-03-10 09:00  @globex  "Subscription Cancelled" subscription=s2

want month 2026-02-01 = 0.6 (6/10)
want month 2026-01-01 = 0 (0/10)
want week 2026-03-09 = 0 (0/8)
want week 2026-02-23 by account globex = 1.5 (3/2)
*/
