-- name: viral_cycle_time
-- group: lifecycle
-- unit: elapsed_days
-- direction: down
-- aggregation: quantile
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: none
-- of: others
-- quantile: 0.5
-- title [en]: Viral cycle time (median)
-- title [pt-BR]: Tempo do ciclo viral (mediana)
-- definition [en]: The median time from a qualified referral to the account that came of it, of the accounts that
--   came in the period.
-- definition [pt-BR]: A mediana do tempo entre a indicação qualificada e a conta que veio dela, das contas que
--   vieram no período.
-- formula [en]: median of days from referral to conversion, of referrals converted in the period
-- formula [pt-BR]: mediana dos dias da indicação à conversão, das indicações convertidas no período
-- rules [en]: A qualified referral is the first invitation of somebody outside the account: not to oneself, not to
--   one’s own domain (mail hosts apart), not to somebody who was invited before. In days of 24 hours. Of those converted
--   only: most invitations never are, so there is no median of all. Referrals that are known from their conversion alone
--   have no time. Breakdowns use the attribute of the account that refers, on the day of the referral.
-- rules [pt-BR]: Uma indicação qualificada é o primeiro convite a alguém de fora da conta: não a si mesmo, não ao
--   próprio domínio (provedores de e-mail à parte), não a quem já tinha sido convidado. Em dias de 24 horas. Só das
--   convertidas: a maioria dos convites nunca converte, de modo que não há mediana de todos. Indicações conhecidas só
--   pela conversão não têm tempo. As quebras usam o atributo da conta que indica, no dia da indicação.
-- reading [en]: With K it decides how fast referrals grow the base: halving the cycle does more than doubling a
--   small K.
-- reading [pt-BR]: Com K, decide a velocidade com que as indicações fazem a base crescer: cortar o ciclo pela metade
--   vale mais que dobrar um K pequeno.
SELECT r.grp AS grp, r.referral AS unit, r.account AS account, d.period AS period,
  f64(toMillis(r.to_ts) - toMillis(r.ts)) / 86400000 AS numerator, 1 AS denominator
FROM {{referrals}} AS r
JOIN {{days}} AS d ON d.day = r.to_day
WHERE r.qualified = 1 AND r.to_ts > r.ts

/* example
zone America/Sao_Paulo
now 2026-06-20 12:00

2026-02-02 10:00  ana@acme  "Referral Sent" referral=r1 invitee_email=zoe@x.example
2026-02-04 10:00  ana@acme  "Referral Converted" referral=r1 account=globex
2026-02-02 10:00  ana@acme  "Referral Sent" referral=r2 invitee_email=ivo@x.example
2026-02-12 22:00  ana@acme  "Referral Converted" referral=r2 account=initech
2026-02-02 10:00  ana@acme  "Referral Sent" referral=r3 invitee_email=leo@x.example
2026-02-03 10:00  bia@globex  "Referral Converted" referral=r4 account=hooli

want month 2026-02-01 = 2 (2/2)
want month 2026-02-01 by account acme = 2 (2/2)
want month 2026-03-01 = null no_data
want month 2026-01-01 = null no_data
*/
