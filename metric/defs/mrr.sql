-- name: mrr
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 2
-- per account: yes
-- settings: company, conventions
-- title [en]: Monthly recurring revenue (MRR)
-- title [pt-BR]: Receita recorrente mensal (MRR)
-- definition [en]: What all accounts together pay per month at the end of the period.
-- definition [pt-BR]: Quanto todas as contas juntas pagam por mês no fim do período.
-- formula [en]: sum over accounts of the monthly value of their subscriptions in force at the end of the period's last
--   local day (today, while it is open), in the company's currency
-- formula [pt-BR]: soma, entre as contas, do valor mensal das assinaturas em vigor no fim do último dia local do
--   período (hoje, enquanto está aberto), na moeda da empresa
-- rules [en]: A snapshot, never summed over time. Net of recurring discounts, without taxes, one-off and metered
--   amounts; prices per year, week or day are brought to a month by exact factors. 0 while a subscription is paused, on
--   trial or free, and from 30 days after an invoice stayed unpaid. A subscription counts from the instant its change
--   takes effect, also when that is learned later; a cancelled one until the paid term ends. Amounts in other
--   currencies are converted at the company's rates of the day; one without a rate counts nowhere. Sums are of whole
--   minor units, rounded once per subscription. Breakdowns use the attribute on the last day. Setting conventions
--   decides on discounts, metered use, cancellations and unpaid invoices.
-- rules [pt-BR]: Um retrato, nunca somado no tempo. Líquida de descontos recorrentes, sem impostos, valores avulsos e
--   medidos; preços por ano, semana ou dia são levados ao mês por fatores exatos. 0 enquanto a assinatura está pausada,
--   em teste ou é gratuita, e a partir de 30 dias com uma fatura em aberto. Uma assinatura conta desde o instante em
--   que a mudança passa a valer, mesmo que se saiba depois; a cancelada, até o fim do período pago. Valores em outras
--   moedas são convertidos pelas taxas da empresa no dia; sem taxa, não contam. As somas são de centavos inteiros,
--   arredondados uma vez por assinatura. As quebras usam o atributo no último dia. A configuração de convenções decide
--   sobre descontos, uso medido, cancelamentos e faturas em aberto.
-- reading [en]: The size of the business on that day. A late correction restates earlier months; the figure as known at
--   the time stays readable under its date.
-- reading [pt-BR]: O tamanho do negócio naquele dia. Uma correção tardia refaz os meses anteriores; o número como
--   conhecido na época continua legível na sua data.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
FROM {{payingAt "end"}} AS p

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
rate USD 5.00
2026-01-10 10:00  @acme  "Subscription Started" subscription=a1 mrr=100.50 currency=BRL plan=basic
2026-01-10 10:00  @acme  group plan=basic
2026-01-20 10:00  @globex  "Subscription Started" subscription=g1 mrr=20 currency=USD
2026-01-20 10:00  @initech  "Subscription Started" subscription=i1 mrr=99 currency=EUR
2026-02-15 10:00  @acme  "Subscription Changed" subscription=a1 mrr=150.50 currency=BRL plan=pro
2026-02-15 10:00  @acme  group plan=pro
2026-02-20 10:00  @acme  "Subscription Started" subscription=a2 mrr=30 currency=BRL
2026-02-28 23:30  @globex  "Subscription Cancelled" subscription=g1 reason=price
2026-03-05 10:00  @acme  "Subscription Paused" subscription=a2
2026-02-10 10:00  @hooli  "Subscription Started" subscription=h1 mrr=1000 currency=BRL  known 2026-03-08 10:00

want day 2026-01-09 = null no_data
want day 2026-01-10 = 100.50 (100.50/)
want month 2026-01-01 = 200.50
want month 2026-02-01 known 2026-03-02 10:00 = 180.50
want month 2026-02-01 = 1180.50
want week 2026-02-09 = 1250.50
want month 2026-03-01 = 1150.50 incomplete
want month 2026-02-01 as of 2026-02-14 = 1200.50 incomplete
want month 2026-01-01 by plan basic = 100.50
want month 2026-02-01 by plan pro = 180.50
*/
