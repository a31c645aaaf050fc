-- name: churned_accounts
-- group: churn
-- unit: accounts
-- direction: down
-- aggregation: sum
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Lost customers
-- title [pt-BR]: Clientes perdidos
-- definition [en]: Accounts that stopped being customers in the period and were none at its end.
-- definition [pt-BR]: Contas que deixaram de ser clientes no período e não eram no seu fim.
-- formula [en]: accounts whose last stay ended in the period, without a return by its end
-- formula [pt-BR]: contas cuja última permanência terminou no período, sem volta até o seu fim
-- rules [en]: An account is lost on the first day at whose end it is no customer. A customer pays an MRR above zero,
--   or has paused for less than the days of setting conventions; then a pause is churn. Those who joined in the same
--   period count; an account counts once in a period. Breakdowns use the attribute on its last day as a customer.
--   An account that begins and ends within the period counts here unless the conventions leave it out
--   (new_and_lost).
-- rules [pt-BR]: Uma conta está perdida no primeiro dia em cujo fim não é cliente. Um cliente paga um MRR acima de
--   zero, ou pausou há menos dias que os da configuração de convenções; depois a pausa é churn. Quem entrou no mesmo
--   período conta; uma conta conta uma vez por período. As quebras usam o atributo no seu último dia como cliente.
--   Uma conta que começa e termina dentro do período conta aqui, a não ser que as convenções a deixem de fora
--   (new_and_lost).
-- reading [en]: Each is a name: open the list and read the reasons before the rates.
-- reading [pt-BR]: Cada um é um nome: abra a lista e leia os motivos antes das taxas.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, d.period AS period, 1 AS numerator
FROM {{stays "left"}} AS x
JOIN {{days}} AS d ON d.day = x.to_day
WHERE coalesce(x.next_day, DATE '2149-01-01') > d.last AND NOT ({ignore_brief:Bool} AND x.from_day >= d.period)

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @c{1..1000}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-01-10 10:00  @c{1..100}  group plan=pro
2026-02-10 10:00  @c{1..30}  "Subscription Cancelled" subscription=s{} reason=price voluntary=true
2026-02-11 10:00  @c{31..40}  "Subscription Cancelled" subscription=s{} reason=card_expired voluntary=false
2026-02-12 10:00  @c{41..50}  "Subscription Cancelled" subscription=s{}
2026-02-12 10:00  @c51  "Subscription Cancelled" subscription=s51 voluntary=false
2026-02-25 10:00  @c51  "Subscription Started" subscription=t51 mrr=80 currency=BRL
2026-02-14 10:00  @c52  "Subscription Paused" subscription=s52

want month 2026-02-01 = 50
want day 2026-02-12 = 11
want week 2026-02-09 = 51
want month 2026-03-01 = 0 incomplete
want month 2026-02-01 by plan pro = 50
*/
