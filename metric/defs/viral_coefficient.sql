-- name: viral_coefficient
-- group: lifecycle
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: 30
-- version: 1
-- per account: no
-- settings: active
-- of: accounts
-- title [en]: Viral coefficient (K)
-- title [pt-BR]: Coeficiente viral (K)
-- definition [en]: How many new accounts each user of the period brings by invitation within 30 days: invitations
--   per user times their conversion.
-- definition [pt-BR]: Quantas contas novas cada usuário do período traz por convite em até 30 dias: convites por
--   usuário vezes a conversão deles.
-- formula [en]: (qualified referrals / active users) × (converted within 30 days / qualified referrals)
-- formula [pt-BR]: (indicações qualificadas / usuários ativos) × (convertidas em até 30 dias / indicações
--   qualificadas)
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. A whole cohort of invitations: the
--   figure comes when the 30 days of the period’s last day have passed. Invitations into one’s own account are seat
--   expansion and count nowhere here. A user is a person who did what the setting counts as active, counted per account.
--   The interval is over accounts.
--   The 30 days are local calendar days, that of the invitation being the first.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Uma coorte inteira de convites: o
--   número sai quando passam os 30 dias do último dia do período. Convites para a própria conta são expansão de assentos
--   e não contam aqui. Usuário é quem fez o que a configuração conta como atividade, contado por conta. O intervalo é
--   entre contas.
--   Os 30 dias são dias corridos do calendário local, e o do convite é o primeiro.
-- reading [en]: Below 1, invitations multiply other acquisition by 1/(1−K) and no more; at 1 and above growth feeds
--   itself. In business-to-business a few hundredths is usual, and the cycle time matters as much as K.
-- reading [pt-BR]: Abaixo de 1, os convites multiplicam o resto da aquisição por 1/(1−K) e nada mais; a partir de 1,
--   o crescimento se alimenta sozinho. Em B2B o normal são poucos centésimos, e o tempo do ciclo importa tanto quanto K.
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
  WHERE x.qualified = 1 AND x.to_day < addDaysN(x.day, 30)
  GROUP BY x.account, y.period
) AS v ON v.account_id = a.account_id AND v.invited_period = a.active_period
JOIN {{periods}} AS q ON q.period = a.active_period
WHERE addDaysN(q.until, 29) <= addDaysN({through:Date}, 1)

/* example
as in invites_per_user

want month 2026-02-01 = 0.1 (1/10)
want month 2026-02-01 by account acme = 0.125 (1/8)
want month 2026-06-01 = null window_open (0/0) incomplete
want month 2026-01-01 = null no_data
*/
