-- name: adoption_rate_invited
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: features
-- of: people
-- title [en]: Adoption rate among invited people
-- title [pt-BR]: Taxa de adoção entre pessoas convidadas
-- definition [en]: Of the people who were invited into an account, the share who use the core functions of the product
--   often, whether or not they ever came.
-- definition [pt-BR]: Das pessoas convidadas para uma conta, a parte que usa com frequência as funções centrais do
--   produto, tenham vindo ou não.
-- formula [en]: invited people who used a core feature on enough days of the window that ends with the period / people
--   invited by the end of the period
-- formula [pt-BR]: pessoas convidadas que usaram uma funcionalidade central em dias suficientes da janela que termina
--   com o período / pessoas convidadas até o fim do período
-- rules [en]: An invitation is the event Invite Sent; the first one to somebody counts, and stays. Who is invited is the
--   person of its invitee_id, else the one person of that account who has its invitee_email (attribute email, or a user
--   id that is the address), also when the address is told later. An address of nobody known counts in the denominator
--   only. Who was never invited is in neither number, nor are people left out of figures and who they invited. What
--   counts as adoption is as in the product adoption rate. Breakdowns use the account that invited first, with its
--   attributes on the last day.
-- rules [pt-BR]: Um convite é o evento Invite Sent; conta o primeiro feito a alguém, e continua contando. Convidada é a
--   pessoa do invitee_id, senão a única pessoa daquela conta que tem o invitee_email (atributo email, ou um ID de usuário
--   que é o endereço), mesmo que o endereço seja informado depois. Um endereço de ninguém conhecido conta só no
--   denominador. Quem nunca foi convidado não está em nenhum dos números, nem pessoas fora dos indicadores e quem elas
--   convidaram. O que vale como adoção é como na taxa de adoção do produto. As quebras usam a conta que convidou
--   primeiro, com os atributos do último dia.
-- reading [en]: Of 40 people invited, 10 use the core functions often: 25%. Far below the rate among registered people,
--   invitations go unanswered: look at the invitation and the first steps. Near it, whoever is invited comes, and the
--   product itself has to win them.
-- reading [pt-BR]: De 40 pessoas convidadas, 10 usam as funções centrais com frequência: 25%. Bem abaixo da taxa entre
--   cadastrados, os convites ficam sem resposta: olhe o convite e os primeiros passos. Perto dela, quem é convidado vem,
--   e é o próprio produto que precisa conquistar.
WITH used AS (
  SELECT p.period AS period, d.person AS person, i64(count(*)) AS days
  FROM (
    SELECT DISTINCT v.person AS person, v.day AS day
    FROM {{activity 91 "unfiltered"}} AS v
    WHERE v.person <> '' AND ({core_any:Bool} OR has({core_events:Array(String)}, v.event))
  ) AS d
  JOIN {{periods}} AS p ON d.day > addDaysN(p.last, -{feature_days:Int64}) AND d.day <= p.last
  GROUP BY 1, 2
)
SELECT r.grp AS grp, r.invitee AS unit, r.account AS account, r.period AS period,
  CASE WHEN coalesce(u.days, 0) >= {adopted_days:Int64} THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{invited}} AS r
LEFT JOIN used AS u ON u.person = r.person AND u.period = r.period

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-05 09:00  ana@acme  "Signed In"
2026-01-06 09:00  a{1..4}@acme  "Invite Sent" invitee_email=P{}@acme.com
2026-01-07 09:00  ana@acme  "Invite Sent" invitee_email=p1@acme.com
2026-01-08 09:00  ana@acme  "Invite Sent" invitee_id=p5 invitee_role=editor
2026-02-02 09:00  p{1..6}@acme  "Signed In"
2026-02-03 09:00  p{1..3}  identify email=p{}@acme.com
2026-02-10 09:00  p{1..6}@acme  "Report Created"
2026-02-17 09:00  p{1..6}@acme  "Report Created"
2026-02-24 09:00  p{2..6}@acme  "Report Created"
2026-02-25 09:00  @globex  "Invite Sent" invitee_email=p1@acme.com
2026-03-02 09:00  @globex  "Invite Sent" invitee_email=zoe@globex.com

want month 2026-02-01 = 0.5 (3/6) [0.1876..0.8124]
want week 2026-02-23 = 0.5 (3/6)
want month 2026-01-01 = 0 (0/5)
want month 2025-12-01 = null no_data
want month 2026-03-01 = 0 (0/7) incomplete
want week 2026-03-02 by account acme = 0.6 (3/5)
want month 2026-02-01 as of 2026-02-02 = 0 (0/5) incomplete
want month 2026-02-01 known 2026-02-25 10:00 = 0.5 (3/6) incomplete
*/
