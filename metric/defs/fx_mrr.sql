-- name: fx_mrr
-- group: revenue
-- unit: money
-- direction: neutral
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: MRR from exchange rates
-- title [pt-BR]: MRR de câmbio
-- definition [en]: What MRR gained or lost because exchange rates moved.
-- definition [pt-BR]: O que o MRR ganhou ou perdeu porque o câmbio mudou.
-- formula [en]: sum over days on which a rate changed of (MRR of the day before in that currency) x (new rate - old
--   rate)
-- formula [pt-BR]: soma, nos dias em que uma taxa mudou, de (MRR do dia anterior naquela moeda) x (taxa nova - taxa
--   antiga)
-- rules [en]: Only rates with a date make it (setting company). Whole minor units per subscription, so that opening
--   MRR plus all movements is closing MRR exactly.
-- rules [pt-BR]: Só as taxas com data a formam (configuração da empresa). Centavos inteiros por assinatura, para que
--   o MRR de abertura mais os movimentos seja exatamente o de fechamento.
-- reading [en]: Nobody bought or left: this line keeps the others clean.
-- reading [pt-BR]: Ninguém comprou nem saiu: esta linha mantém as outras limpas.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'fx'
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

want month 2026-02-01 = 5.00
want week 2026-02-09 = 5.00
want month 2026-01-01 = 0
*/
