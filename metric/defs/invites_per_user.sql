-- name: invites_per_user
-- group: lifecycle
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- of: accounts
-- title [en]: Invitations per user
-- title [pt-BR]: Convites por usuário
-- definition [en]: Qualified referrals of the period per person who used the product in it.
-- definition [pt-BR]: Indicações qualificadas do período por pessoa que usou o produto nele.
-- formula [en]: qualified referrals of active accounts / active users, summed over accounts
-- formula [pt-BR]: indicações qualificadas das contas ativas / usuários ativos, somados entre as contas
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. A user is a person who did what the
--   setting counts as active, counted per account. The interval is over accounts. Breakdowns use the attribute on the
--   account’s last active day of the period.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Usuário é quem fez o que a
--   configuração conta como atividade, contado por conta. O intervalo é entre contas. As quebras usam o atributo no
--   último dia ativo da conta no período.
-- reading [en]: The first factor of the viral coefficient: how often people speak of the product.
-- reading [pt-BR]: O primeiro fator do coeficiente viral: com que frequência se fala do produto.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.active_period AS period,
  coalesce(v.invited, 0) AS numerator, a.users AS denominator
FROM (
  SELECT p.account AS account_id, d.period AS active_period, argMax(p.grp, p.day) AS of_group, i64(count(DISTINCT CASE WHEN p.person <> '' THEN p.key END)) AS users
  FROM {{presence 0}} AS p
  JOIN {{days}} AS d ON d.day = p.day
  WHERE p.account <> ''
  GROUP BY p.account, d.period
) AS a
LEFT JOIN (
  SELECT x.account AS account_id, y.period AS invited_period, i64(count(*)) AS invited
  FROM {{referrals "unfiltered"}} AS x
  JOIN {{days}} AS y ON y.day = x.day
  WHERE x.qualified = 1
  GROUP BY x.account, y.period
) AS v ON v.account_id = a.account_id AND v.invited_period = a.active_period

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  p{1..8}@acme  page
2026-02-02 10:00  bia@globex  page
2026-02-20 10:00  bia@globex  page
2026-02-20 10:00  cid@globex  page
2026-02-03 10:00  p1@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example
2026-02-04 10:00  p1@acme  "Referral Sent" referral=r2 invitee_email=ivo@x.example
2026-02-05 10:00  bia@globex  "Referral Sent" referral=r3 invitee_email=leo@x.example
2026-02-06 10:00  bia@globex  "Referral Sent" referral=r4 invitee_email=leo@x.example
2026-02-10 10:00  p1@acme  "Referral Converted" referral=r1 account=initech
2026-04-10 10:00  p1@acme  "Referral Converted" referral=r2 account=hooli
2026-06-10 10:00  bia@globex  page

want month 2026-02-01 = 0.3 (3/10)
want month 2026-02-01 by account acme = 0.25 (2/8)
want month 2026-06-01 = 0 (0/1) incomplete
want month 2026-01-01 = null no_data
*/
