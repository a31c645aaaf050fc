-- name: nrr_12m_without_escalators
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: Net revenue retention without escalators, twelve months
-- title [pt-BR]: Retenção líquida de receita sem reajustes, doze meses
-- definition [en]: Net revenue retention as if contractual price adjustments had not been made.
-- definition [pt-BR]: A retenção líquida de receita como se os reajustes contratuais não tivessem sido feitos.
-- formula [en]: as net revenue retention over twelve months, with the MRR at the end divided by the price factors of
--   the adjustments since the opening
-- formula [pt-BR]: como a retenção líquida de receita em doze meses, com o MRR do fim dividido pelos fatores de preço
--   dos reajustes desde a abertura
-- rules [en]: The closed cohort of accounts that paid at the opening; new ones are not in it. A member that left and
--   is back counts with what it pays at the end. Constant currency: at the rates of the opening. What is paused pays
--   nothing. No MRR at the opening: null. Breakdowns use the attribute of the first day after the opening. An
--   adjustment is a change of price that says so (escalator).
-- rules [pt-BR]: A coorte fechada das contas que pagavam na abertura; as novas ficam fora. Um membro que saiu e
--   voltou conta com o que paga no fim. Câmbio constante: às taxas da abertura. O que está pausado não paga nada. Sem
--   MRR na abertura: nulo. As quebras usam o atributo do primeiro dia após a abertura. Um reajuste é uma mudança de
--   preço que o declara (escalator).
-- reading [en]: The gap to net revenue retention is what the contracts adjusted by themselves: no merit of anybody.
-- reading [pt-BR]: A distância para a retenção líquida é o que os contratos reajustaram sozinhos: mérito de ninguém.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.plain AS numerator, c.before AS denominator
FROM {{cohort 12}} AS c

/* example
as in nrr_12m

want month 2026-02-01 = 0.75 (450/600)
*/
