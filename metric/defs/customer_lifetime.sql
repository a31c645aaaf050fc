-- name: customer_lifetime
-- group: churn
-- unit: months
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Expected customer lifetime
-- title [pt-BR]: Tempo de vida esperado do cliente
-- definition [en]: How many months a customer stays on average if the churn of the last months goes on for ever.
-- definition [pt-BR]: Quantos meses um cliente fica em média se o churn dos últimos meses seguir para sempre.
-- formula [en]: customers at the start of each of the last months, summed / those of them that were gone at its end,
--   summed
-- formula [pt-BR]: clientes no início de cada um dos últimos meses, somados / os deles que tinham saído no seu fim,
--   somados
-- rules [en]: The last whole months by the period's end, six unless setting conventions says otherwise
--   (lifetime_months); an open month is left out. One over the mean churn, weighted by customers. Nobody lost: null.
--   Breakdowns use the attribute on the first day of each month. With lifetime_churn "revenue" the MRR of these
--   customers is counted in their place, and what of it was gone at the month's end (churned and contracted less
--   added, at the rates of the day before; what is paused pays nothing): null when customers added more than was lost.
-- rules [pt-BR]: Os últimos meses inteiros até o fim do período, seis se a configuração de convenções não disser outra
--   coisa (lifetime_months); um mês aberto fica de fora. Um dividido pelo churn médio, ponderado por clientes. Ninguém
--   perdido: nulo. As quebras usam o atributo no primeiro dia de cada mês. Com lifetime_churn "revenue" conta-se o MRR
--   desses clientes no lugar deles, e o que dele se foi até o fim do mês (perdido e contraído menos acrescentado, às
--   taxas do dia anterior; o que está pausado não paga nada): nulo quando os clientes acrescentaram mais do que se perdeu.
-- reading [en]: Constant churn is a simplification: customers who have stayed long leave less, so this undervalues
--   them. The survival curve on the churn page shows by how much.
-- reading [pt-BR]: Churn constante é uma simplificação: clientes antigos saem menos, e por isso este número os
--   subestima. A curva de sobrevivência na página de churn mostra quanto.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period,
  sum(m.there) AS numerator, sum(m.lost) AS denominator
FROM {{lifetime}} AS m
GROUP BY m.grp, m.account, m.period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2025-07-10 10:00  @c{1..36}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-08-15 10:00  @c1  "Subscription Cancelled" subscription=s1
2025-09-15 10:00  @c2  "Subscription Cancelled" subscription=s2
2025-10-15 10:00  @c3  "Subscription Cancelled" subscription=s3
2025-08-15 10:00  @c{37..39}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-11-15 10:00  @c{4..6}  "Subscription Cancelled" subscription=s{}
2025-11-15 10:00  @c{40..42}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-03-02 10:00  @c{10..20}  "Subscription Cancelled" subscription=s{}

want month 2026-01-01 = 36.5 (219/6)
want month 2026-03-01 = 43.8 (219/5) incomplete
want month 2025-07-01 = null zero_denominator (0/0)
*/
