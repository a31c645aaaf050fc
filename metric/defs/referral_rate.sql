-- name: referral_rate
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- of: accounts
-- title [en]: Referral rate
-- title [pt-BR]: Taxa de indicação
-- definition [en]: The share of the accounts active in the period that made at least one qualified referral in it.
-- definition [pt-BR]: A parte das contas ativas no período que fez nele ao menos uma indicação qualificada.
-- formula [en]: active accounts with a qualified referral / active accounts
-- formula [pt-BR]: contas ativas com indicação qualificada / contas ativas
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. Active is what the setting says.
--   Invitations into one’s own account are seat expansion, not referral. Breakdowns use the attribute on the account’s
--   last active day of the period.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Ativa é o que diz a configuração.
--   Convites para a própria conta são expansão de assentos, não indicação. As quebras usam o atributo no último dia ativo
--   da conta no período.
-- reading [en]: What the Net Promoter Score only promises. Promoters who never refer have not been asked, or have no
--   easy way to do it.
-- reading [pt-BR]: O que o NPS só promete. Promotores que nunca indicam não foram convidados a indicar, ou não têm
--   um jeito fácil.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.active_period AS period,
  CASE WHEN r.referred > 0 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT p.account AS account_id, d.period AS active_period, argMax(p.grp, p.day) AS of_group, i64(count(DISTINCT CASE WHEN p.person <> '' THEN p.key END)) AS users
  FROM {{presence 0}} AS p
  JOIN {{days}} AS d ON d.day = p.day
  WHERE p.account <> ''
  GROUP BY p.account, d.period
) AS a
LEFT JOIN (
  SELECT x.account AS account_id, y.period AS referred_period, i64(count(*)) AS referred
  FROM {{referrals "unfiltered"}} AS x
  JOIN {{days}} AS y ON y.day = x.day
  WHERE x.qualified = 1
  GROUP BY x.account, y.period
) AS r ON r.account_id = a.account_id AND r.referred_period = a.active_period

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  ana@acme  page
2026-02-02 10:00  bia@globex  page
2026-02-02 10:00  cid@initech  page
2026-02-02 10:00  dan@hooli  page
2026-02-03 10:00  ana@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example referrer_email=ana@acme.example
2026-02-04 10:00  bia@globex  "Referral Sent" referral=r2 invitee_email=zoe@x.example referrer_email=bia@globex.example
2026-02-05 10:00  cid@initech  "Referral Sent" referral=r3 invitee_email=ivo@initech.example referrer_email=cid@initech.example
2026-02-06 10:00  dan@hooli  "Referral Sent" referral=r4
2026-02-07 10:00  dan@hooli  "Referral Converted" referral=r4 account=hooli

want month 2026-02-01 = 0.25 (1/4) [0.0456..0.6994]
want week 2026-02-02 = 0.25 (1/4)
want month 2026-02-01 by account acme = 1 (1/1)
want month 2026-01-01 = null no_data
*/
