-- name: referral_conversion
-- group: lifecycle
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: 30
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- title [en]: Referral conversion
-- title [pt-BR]: Conversão de indicações
-- definition [en]: The share of the qualified referrals of the period whose invitee opened an account within 30
--   days.
-- definition [pt-BR]: A parte das indicações qualificadas do período cujo convidado abriu uma conta em até 30 dias.
-- formula [en]: qualified referrals converted within 30 days / qualified referrals
-- formula [pt-BR]: indicações qualificadas convertidas em até 30 dias / indicações qualificadas
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. It converts with Referral Converted.
--   Only referrals whose 30 days have passed count. Breakdowns use the attribute of the account that refers, on the day
--   of the referral.
--   The 30 days are local calendar days, that of the referral being the first.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Converte com o Referral
--   Converted. Só contam indicações cujos 30 dias já passaram. As quebras usam o atributo da conta que indica, no dia da
--   indicação.
--   Os 30 dias são dias corridos do calendário local, e o da indicação é o primeiro.
-- reading [en]: How well an introduction lands. It is mostly decided by what the invitee sees first.
-- reading [pt-BR]: O quanto uma apresentação pega. Quem decide é sobretudo o que o convidado vê primeiro.
SELECT r.grp AS grp, r.referral AS unit, r.account AS account, d.period AS period,
  CASE WHEN r.to_day < addDaysN(r.day, 30) THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{referrals}} AS r
JOIN {{days}} AS d ON d.day = r.day
WHERE r.qualified = 1 AND addDaysN(r.day, 30) <= addDaysN({through:Date}, 1)

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  ana@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example
2026-02-05 10:00  ana@acme  "Referral Converted" referral=r1 account=globex
2026-02-03 10:00  ana@acme  "Referral Sent" referral=r2 invitee_email=ivo@x.example
2026-03-05 10:00  ana@acme  "Referral Converted" referral=r2 account=initech
2026-02-04 10:00  bia@globex  "Referral Sent" referral=r3 invitee_email=zoe@x.example
2026-06-04 10:00  bia@globex  "Referral Sent" referral=r4 invitee_email=leo@x.example

want month 2026-02-01 = 0.5 (1/2) [0.0945..0.9055]
want week 2026-02-02 = 0.5 (1/2)
want month 2026-02-01 by account acme = 0.5 (1/2)
want month 2026-06-01 = null window_open (0/0) incomplete
want month 2026-01-01 = null no_data
*/
