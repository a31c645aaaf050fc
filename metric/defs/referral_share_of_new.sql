-- name: referral_share_of_new
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: accounts
-- title [en]: New customers by referral
-- title [pt-BR]: Novos clientes por indicação
-- definition [en]: The share of the new customers of the period that came by a qualified referral.
-- definition [pt-BR]: A parte dos novos clientes do período que veio por indicação qualificada.
-- formula [en]: new customers that a referral had brought by the day they first paid / new customers
-- formula [pt-BR]: novos clientes trazidos por indicação até o dia do primeiro pagamento / novos clientes
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. It brought the account when Referral
--   Converted names it, on or before the day the account first paid. Breakdowns use the attribute on that day.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Trouxe a conta quando o Referral
--   Converted a nomeia, no dia do primeiro pagamento ou antes. As quebras usam o atributo naquele dia.
-- reading [en]: The cheapest customers there are. A share that falls while the base grows says that contentment does
--   not spread.
-- reading [pt-BR]: Os clientes mais baratos que existem. Uma parte que cai enquanto a base cresce diz que a
--   satisfação não se espalha.
SELECT f.grp AS grp, f.account AS unit, f.account AS account, d.period AS period,
  CASE WHEN r.came_day <= f.day THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{firstPaid}} AS f
JOIN {{days}} AS d ON d.day = f.day
LEFT JOIN (
  SELECT x.to_account AS account_id, min(x.to_day) AS came_day
  FROM {{referrals "unfiltered"}} AS x
  WHERE x.qualified = 1 AND x.to_account <> ''
  GROUP BY x.to_account
) AS r ON r.account_id = f.account

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  ana@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example
2026-02-05 10:00  ana@acme  "Referral Converted" referral=r1 account=globex
2026-02-20 10:00  @globex  "Subscription Started" subscription=s2 mrr=50 currency=BRL
2026-02-21 10:00  @initech  "Subscription Started" subscription=s3 mrr=50 currency=BRL
2026-02-25 10:00  ana@acme  "Referral Converted" referral=r2 account=initech

want month 2026-02-01 = 0.5 (1/2) [0.0945..0.9055]
want week 2026-02-16 = 0.5 (1/2)
want month 2026-02-01 by account globex = 1 (1/1)
want month 2026-03-01 = null zero_denominator (0/0)
want month 2026-01-01 = null no_data
*/
