-- name: paused_mrr
-- group: revenue
-- unit: money
-- direction: down
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Paused MRR
-- title [pt-BR]: MRR pausado
-- definition [en]: MRR of the subscriptions that were paused, less that of pauses that turned into churn.
-- definition [pt-BR]: MRR das assinaturas pausadas, menos o das pausas que viraram churn.
-- formula [en]: sum over subscriptions of their MRR of the day before they were paused, less the same when a pause
--   becomes churn
-- formula [pt-BR]: soma, entre as assinaturas, do MRR do dia anterior à pausa, menos o mesmo quando a pausa vira
--   churn
-- rules [en]: Shown as a positive amount. On day 90 (setting conventions) what is paused comes off here and counts as
--   churned MRR. Amounts are at the rates of their day; a change within a day is netted. Breakdowns use the attribute
--   at the end of the day on which the MRR moved.
-- rules [pt-BR]: Mostrado como valor positivo. No dia 90 (configuração de convenções) o que está pausado sai daqui e
--   conta como MRR perdido. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado. As quebras
--   usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Money on hold. Most of it comes back when somebody asks before day 90.
-- reading [pt-BR]: Dinheiro em espera. A maior parte volta quando alguém pergunta antes do dia 90.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(-sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'pause'
GROUP BY m.grp, m.account, m.period
HAVING sum(m.amount) <> 0

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
rate USD 5.00
rate USD 5.50 from 2026-02-10
2026-01-10 10:00  @acme  "Subscription Started" subscription=s1 unit_price=120 interval=year quantity=100 currency=BRL plan=basic product=Core
2026-01-12 10:00  @hooli  "Subscription Started" subscription=h1 mrr=400 currency=BRL
2026-01-15 10:00  @globex  "Subscription Started" subscription=g1 mrr=10 currency=USD
2026-01-18 10:00  @initech  "Subscription Started" subscription=i1 mrr=200 currency=BRL
2026-02-03 10:00  @umbra  "Subscription Started" subscription=u1 mrr=300 currency=BRL
2026-02-05 10:00  @acme  "Subscription Started" subscription=s2 mrr=50 currency=BRL product=Flows
2026-02-08 10:00  @acme  "Subscription Changed" subscription=s1 unit_price=11 quantity=120 currency=BRL
2026-02-12 10:00  @hooli  "Subscription Changed" subscription=h1 mrr=300 currency=BRL
2026-02-15 10:00  @initech  "Subscription Paused" subscription=i1
2026-02-20 10:00  @globex  "Subscription Cancelled" subscription=g1 reason=price voluntary=true
2026-03-02 10:00  @initech  "Subscription Resumed" subscription=i1
2026-03-05 10:00  @acme  "Subscription Changed" subscription=s1 discount_percent=10 discount_ends_at=2026-03-15T15:00:00Z
2026-03-09 10:00  @globex  "Subscription Started" subscription=g2 mrr=10 currency=USD
2026-03-20 10:00  @hooli  "Subscription Cancelled" subscription=h1 reason=price voluntary=true
2026-03-25 10:00  @acme  "Subscription Changed" subscription=s1 unit_price=15 plan=pro currency=BRL

want month 2026-02-01 = 200.00
want week 2026-02-09 = 200.00
want month 2026-03-01 = 0
*/
