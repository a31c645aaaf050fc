-- name: grr_lines
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: share
-- title [en]: Gross revenue retention, line by line
-- title [pt-BR]: Retenção bruta de receita, linha a linha
-- definition [en]: How much of each subscription at the opening is still there.
-- definition [pt-BR]: Quanto de cada assinatura da abertura ainda existe.
-- formula [en]: sum over the subscriptions of the accounts that paid at the end of the day before the period of the
--   lesser of their MRR at its end and then / their MRR then
-- formula [pt-BR]: soma, entre as assinaturas das contas que pagavam no fim do dia anterior ao período, do menor
--   entre o MRR no fim dele e o de então / o MRR de então
-- rules [en]: The closed cohort of accounts that paid at the opening; new ones are not in it. A member that left and
--   is back counts with what it pays at the end. Constant currency: at the rates of the opening. What is paused pays
--   nothing. No MRR at the opening: null. Breakdowns use the attribute of the first day after the opening. Stricter
--   than per account: a subscription that takes the place of another counts as lost.
-- rules [pt-BR]: A coorte fechada das contas que pagavam na abertura; as novas ficam fora. Um membro que saiu e
--   voltou conta com o que paga no fim. Câmbio constante: às taxas da abertura. O que está pausado não paga nada. Sem
--   MRR na abertura: nulo. As quebras usam o atributo do primeiro dia após a abertura. Mais rigorosa que por conta:
--   uma assinatura que toma o lugar de outra conta como perda.
-- reading [en]: Below the gross revenue retention by what was lost in one product and won in another.
-- reading [pt-BR]: Abaixo da retenção bruta pelo que se perdeu em um produto e se ganhou em outro.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.kept AS numerator, c.before AS denominator
FROM {{cohort 0}} AS c

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @acme  "Subscription Started" subscription=x1 mrr=100 currency=BRL product=Core
2026-01-10 10:00  @acme  "Subscription Started" subscription=x2 mrr=50 currency=BRL product=Flows
2026-02-10 10:00  @acme  "Subscription Cancelled" subscription=x2
2026-02-11 10:00  @acme  "Subscription Started" subscription=x3 mrr=80 currency=BRL product=Data

want month 2026-02-01 = 0.6667 (100/150)
want week 2026-02-09 = 0.6667 (100/150)
*/
