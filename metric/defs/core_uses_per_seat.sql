-- name: core_uses_per_seat
-- group: adoption
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: features
-- window: 7
-- of: accounts
-- bounds: positive
-- title [en]: Weekly core uses per seat
-- title [pt-BR]: Usos centrais semanais por licença
-- definition [en]: How often the core features were used in the seven days up to the last day of the period for each
--   seat contracted on that day.
-- definition [pt-BR]: Quantas vezes as funcionalidades centrais foram usadas nos sete dias até o último dia do período
--   para cada licença contratada nesse dia.
-- formula [en]: uses of core features of the accounts with seats in the days D-6 to D / contracted seats
-- formula [pt-BR]: usos de funcionalidades centrais das contas com licenças nos dias D-6 a D / licenças contratadas
-- rules [en]: Every interactive event of a core feature is a use; without core features every interactive event is.
--   Seats are those of the active subscriptions (property seats) at the end of the last day. Accounts without seats are
--   left out, and without any the value is null. Accounts with seats that did nothing count with none. A ratio of sums:
--   large accounts weigh more. As long as the window begins before the first fact, the value is null.
-- rules [pt-BR]: Cada evento interativo de uma funcionalidade central é um uso; sem nenhuma central, cada evento
--   interativo é. As licenças são as das assinaturas ativas (propriedade seats) no fim do último dia. Contas sem
--   licenças ficam fora e, sem nenhuma, o valor é nulo. Contas com licenças que não fizeram nada contam com zero. Razão
--   de somas: contas grandes pesam mais. Enquanto a janela começa antes do primeiro fato, o valor é nulo.
-- reading [en]: The weekly score of an account: value drawn from what is paid for, comparable between small and large.
-- reading [pt-BR]: A nota semanal de uma conta: o valor tirado do que se paga, comparável entre pequenas e grandes.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period, coalesce(u.uses, 0) AS numerator, s.seats AS denominator
FROM {{seatsAt}} AS s
LEFT JOIN (
  SELECT v.account AS used_account, t.period AS used_period, i64(sum(v.n)) AS uses
  FROM (
    SELECT a.account AS account, a.day AS day, i64(sum(a.n)) AS n
    FROM {{activity 6 "unfiltered"}} AS a
    WHERE a.account <> '' AND ({core_any:Bool} OR has({core_events:Array(String)}, a.event))
    GROUP BY a.account, a.day
  ) AS v
  JOIN {{trailing 7}} AS t ON t.day = v.day
  GROUP BY v.account, t.period
) AS u ON u.used_account = s.account AND u.used_period = s.period

/* example
now 2026-03-10 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-01-02 10:00  ana@acme  page
2026-01-05 10:00  @acme  "Subscription Started" subscription=s1 mrr=100 currency=BRL seats=4
2026-01-05 10:00  @globex  "Subscription Started" subscription=s2 mrr=100 currency=BRL seats=1
2026-01-05 10:00  @initech  "Subscription Started" subscription=s3 mrr=100 currency=BRL
2026-02-20 10:00  ana@acme  "Report Created" x9
2026-02-24 10:00  u{1..3}@acme  "Report Created" x2
2026-02-24 10:00  ana@acme  "Exported" x7
2026-02-25 10:00  w@initech  "Report Created" x9

want week 2026-02-23 = 1.2 (6/5)
want week 2026-02-16 = 1.8 (9/5)
want month 2026-02-01 by account globex = 0 (0/1)
want month 2026-02-01 by account acme = 1.5 (6/4)
want week 2025-12-29 = null window_not_covered incomplete
*/
