-- name: customer_lifetime_value
-- group: churn
-- unit: money
-- direction: up
-- aggregation: product
-- grains: month
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: Customer lifetime value (simple)
-- title [pt-BR]: Valor do tempo de vida do cliente (simples)
-- definition [en]: What a customer pays in all if revenue per account stays as it is and the churn of the last months
--   goes on for ever.
-- definition [pt-BR]: O que um cliente paga ao todo se a receita por conta ficar como está e o churn dos últimos meses
--   seguir para sempre.
-- formula [en]: MRR at the end / paying accounts at the end × (customers at the start of each of the last months,
--   summed / those gone at its end, summed)
-- formula [pt-BR]: MRR no fim / contas pagantes no fim × (clientes no início de cada um dos últimos meses, somados /
--   os que saíram até o seu fim, somados)
-- rules [en]: The last whole months by the period's end, six unless setting conventions says otherwise
--   (lifetime_months); an open month is left out. 100 a month for three years are 3,600. Revenue, without margin and
--   discount. Nobody lost in these months: null, not infinite. No expansion is in it: counting both would double what
--   stays, unless lifetime_churn is "revenue": then churn is that of MRR, net of what customers added, and the value is
--   null when they added more than was lost.
-- rules [pt-BR]: Os últimos meses inteiros até o fim do período, seis se a configuração de convenções não disser outra
--   coisa (lifetime_months); um mês aberto fica de fora. 100 por mês durante três anos são 3.600. Receita, sem margem e
--   sem desconto. Ninguém perdido nesses meses: nulo, não infinito. Não inclui expansão: contar as duas dobraria o que
--   fica, a menos que lifetime_churn seja "revenue": aí o churn é o do MRR, menos o que os clientes acrescentaram, e o
--   valor é nulo quando acrescentaram mais do que se perdeu.
-- reading [en]: Constant churn contradicts retention that rises with age, so old customers are worth more and new
--   ones less than this; the churn page sets it beside the value from survival curves.
-- reading [pt-BR]: Churn constante contradiz a retenção que sobe com a idade: clientes antigos valem mais e novos
--   menos que isto; a página de churn o põe ao lado do valor das curvas de sobrevivência.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.of_period AS period,
  sum(a.revenue) AS numerator, sum(a.paying) AS denominator, sum(a.there) AS times, sum(a.gone_there) AS per
FROM (
  SELECT e.grp AS of_group, e.account AS account_id, e.period AS of_period,
    f64(e.mrr) AS revenue, f64(1) AS paying, f64(0) AS there, f64(0) AS gone_there
  FROM {{payingAt "end"}} AS e
  UNION ALL
  SELECT m.grp AS of_group, m.account AS account_id, m.period AS of_period,
    f64(0) AS revenue, f64(0) AS paying, m.there AS there, m.lost AS gone_there
  FROM {{lifetime}} AS m
) AS a
GROUP BY a.of_group, a.account_id, a.of_period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2025-07-10 10:00  @c{1..36}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-08-10 10:00  @c1  "Subscription Cancelled" subscription=s1
2025-08-10 10:00  @c37  "Subscription Started" subscription=s37 mrr=100 currency=BRL
2025-09-10 10:00  @c2  "Subscription Cancelled" subscription=s2
2025-09-10 10:00  @c38  "Subscription Started" subscription=s38 mrr=100 currency=BRL
2025-10-10 10:00  @c3  "Subscription Cancelled" subscription=s3
2025-10-10 10:00  @c39  "Subscription Started" subscription=s39 mrr=100 currency=BRL
2025-11-10 10:00  @c4  "Subscription Cancelled" subscription=s4
2025-11-10 10:00  @c40  "Subscription Started" subscription=s40 mrr=100 currency=BRL
2025-12-10 10:00  @c5  "Subscription Cancelled" subscription=s5
2025-12-10 10:00  @c41  "Subscription Started" subscription=s41 mrr=100 currency=BRL
2026-01-10 10:00  @c6  "Subscription Cancelled" subscription=s6
2026-01-10 10:00  @c42  "Subscription Started" subscription=s42 mrr=100 currency=BRL

want month 2026-01-01 = 3600 (3600/36) [1587.17..8165.45]
want month 2025-12-01 = 3600 (3600/36)
want month 2025-07-01 = null zero_denominator (3600/36)
want month 2026-03-01 = 4320 (3600/36) incomplete
*/
