package facts

// A ramped deal is one whose later prices were agreed on with its term: each
// step is a change that was signed no later than the day on which the term
// took effect, and takes effect itself after it was signed and before the term
// ends. By default the step in force counts. With the parameter average_ramps
// each price that is set otherwise is instead the mean, by months, of itself
// and of the steps after it up to the end of its term, and steps move nothing.
// What is agreed on later has no part in an earlier mean, so that a fact moves
// no day before its own and the one on which it was signed.

// monthsBetween is the SQL of how many months lie between two days: whole ones,
// and days of a twelfth of 365.25 as in the prices. whole is what wholeMonths
// says of the two.
func monthsBetween(from, to, whole string) string {
	return "(f64(" + whole + ") + f64(dayNumber(" + to + ") - dayNumber(addMonthsN(" + from + ", " + whole + "))) * 12 / 365.25)"
}

// wholeMonths is the SQL of the whole months between two days, the later second.
func wholeMonths(from, to string) string {
	span := "i64((year(" + to + ") - year(" + from + ")) * 12 + month(" + to + ") - month(" + from + "))"
	return "i64(" + span + " - CASE WHEN addMonthsN(" + from + ", " + span + ") > " + to + " THEN 1 ELSE 0 END)"
}

// How the events of a subscription follow one another.
const (
	rampOf   = "PARTITION BY r.account, r.subscription"
	rampUpTo = " OVER (" + rampOf + " ORDER BY r.eff_ts, r.known, r.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
)

// rampStates are the events with how each leaves the price, numbered in order:
// moves (it sets one), term_on and term_end (of the term in force), agreed (it
// was signed with the term, if it moves anything).
func (d *doors) rampStates() string {
	// An end that holds already begins no term, as in {{terms}}.
	ended := "SELECT r.*, CASE WHEN r.status <> 'cancelled' THEN r.ends END AS named_end, planOnce(0) AS o20 FROM " + d.contractEvents("1 = 1"+d.knownBy()) + " r WHERE r.account <> ''" + d.only()
	const before = " OVER (" + rampOf + " ORDER BY r.eff_ts, r.known, r.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
	termed := "SELECT r.*, i64(row_number() OVER (" + rampOf + " ORDER BY r.eff_ts, r.known, r.id)) AS pos, CASE WHEN r.mrr IS NOT NULL THEN 1 WHEN r.unit IS NOT NULL THEN 2 WHEN r.gross IS NOT NULL THEN 3 END AS form, " +
		"CASE WHEN r.named_end IS NOT NULL AND coalesce(carried(r.named_end)" + before + ", -1) <> r.named_end THEN i64(dayNumber(r.eff_day)) END AS term_day, planOnce(0) AS o21 FROM (" + ended + ") r"
	held := "SELECT r.*, carried(r.named_end)" + rampUpTo + " AS term_end, carried(r.term_day)" + rampUpTo + " AS term_on, carried(coalesce(r.quantity, r.seats))" + rampUpTo + " AS held_units, carried(r.form)" + rampUpTo +
		" AS held_form, carried(f64(r.mrr))" + rampUpTo + " AS held_net, carried(r.unit)" + rampUpTo + " AS held_unit, carried(r.gross)" + rampUpTo + " AS held_gross FROM (" + termed + ") r"
	return "SELECT r.*, CASE WHEN r.form IS NOT NULL OR r.term_day IS NOT NULL OR (coalesce(r.held_form, 0) = 2 AND coalesce(r.quantity, r.seats) IS NOT NULL) THEN 1 ELSE 0 END AS moves, " +
		"CASE WHEN r.name = 'Subscription Changed' AND r.term_day IS NULL AND coalesce(r.said_day < dayNumber(r.eff_day) AND r.said_day <= r.term_on AND dayNumber(r.eff_day) < r.term_end, false) THEN 1 ELSE 0 END AS agreed FROM (" + held + ") r"
}

// rampMeans are, of each price that has steps after it, the mean: of_account,
// of_subscription, of_pos, any_form (1 when all of it is net prices), mean.
func rampMeans(states string) string {
	const of = "PARTITION BY x.account, x.subscription, x.of_pos"
	const order = " ORDER BY x.pos"
	heads := "(SELECT r.account AS account, r.subscription AS subscription, r.pos AS pos, r.eff_day AS from_day, dayFrom(coalesce(r.term_end, 0)) AS end_day, r.term_on AS term_on, coalesce(r.term_end, 0) AS term_end, " +
		"r.held_form AS form, r.held_net AS net, r.held_unit AS unit, r.held_gross AS gross, r.held_units AS units FROM (" + states + ") r WHERE r.moves = 1 AND r.agreed = 0 AND dayNumber(r.eff_day) < coalesce(r.term_end, 0))"
	steps := "(SELECT r.account AS account, r.subscription AS subscription, r.pos AS pos, r.eff_day AS day, r.said_day AS said_day, r.form AS form, f64(r.mrr) AS net, r.unit AS unit, r.gross AS gross, coalesce(r.quantity, r.seats) AS units FROM (" +
		states + ") r WHERE (r.form IS NOT NULL OR coalesce(r.quantity, r.seats) IS NOT NULL) AND r.name = 'Subscription Changed' AND r.term_day IS NULL AND r.said_day < dayNumber(r.eff_day))"
	pieces := "SELECT h.account AS account, h.subscription AS subscription, h.pos AS of_pos, h.pos AS pos, h.from_day AS day, h.from_day AS from_day, h.end_day AS end_day, h.form AS form, h.net AS net, h.unit AS unit, h.gross AS gross, h.units AS units FROM " + heads + " h " +
		"UNION ALL SELECT h.account AS account, h.subscription AS subscription, h.pos AS of_pos, s.pos AS pos, s.day AS day, h.from_day AS from_day, h.end_day AS end_day, s.form AS form, s.net AS net, s.unit AS unit, s.gross AS gross, s.units AS units FROM " + heads +
		" h JOIN " + steps + " s ON s.account = h.account AND s.subscription = h.subscription WHERE s.pos > h.pos AND s.said_day <= h.term_on AND dayNumber(s.day) < h.term_end"
	const upTo = " OVER (" + of + order + " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	held := "SELECT x.*, carried(x.form)" + upTo + " AS held_form, carried(x.net)" + upTo + " AS held_net, carried(x.unit)" + upTo + " AS held_unit, carried(x.gross)" + upTo + " AS held_gross, carried(x.units)" + upTo +
		" AS held_units, i64(count(*) OVER (" + of + ")) AS pieces, " + wholeMonths("x.from_day", "x.day") + " AS day_whole, " + wholeMonths("x.from_day", "x.end_day") + " AS end_whole, planOnce(0) AS o22 FROM (" + pieces + ") x"
	dated := "SELECT x.*, CASE x.held_form WHEN 1 THEN x.held_net WHEN 2 THEN x.held_unit * coalesce(x.held_units, 1) ELSE x.held_gross END AS price, " + monthsBetween("x.from_day", "x.day", "x.day_whole") + " AS months_in, " +
		monthsBetween("x.from_day", "x.end_day", "x.end_whole") + " AS months_all FROM (" + held + ") x WHERE x.pieces > 1"
	lasting := "SELECT x.*, coalesce(lead(toNullable(x.months_in)) OVER (" + of + order + "), x.months_all) - x.months_in AS lasts, planOnce(0) AS o23 FROM (" + dated + ") x"
	return "SELECT x.account AS of_account, x.subscription AS of_subscription, x.of_pos AS of_pos, max(x.held_form) AS any_form, sum(coalesce(x.price, 0) * x.lasts) / max(x.months_all) AS mean FROM (" + lasting + ") x GROUP BY x.account, x.subscription, x.of_pos"
}

// rampedEvents are contractEvents with the prices of ramped deals averaged.
// Where a subscription has any step, every price is said in full: a quantity
// that comes later finds no price of one unit to multiply.
func (d *doors) rampedEvents(clocks string) string {
	states := d.rampStates()
	joined := "SELECT r.*, m.any_form AS any_form, m.mean AS mean, max(r.moves * r.agreed) OVER (" + rampOf + ") AS ramped, planOnce(0) AS o24, " +
		"CASE r.held_form WHEN 1 THEN r.held_net WHEN 2 THEN r.held_unit * coalesce(r.held_units, 1) ELSE r.held_gross END AS price FROM (" + states + ") r LEFT JOIN (" + rampMeans(states) + ") m ON m.of_account = r.account AND m.of_subscription = r.subscription AND m.of_pos = r.pos"
	const as, sets = "r.ramped = 0 OR r.moves = 0", "r.agreed = 0 AND coalesce(r.any_form, r.held_form)"
	text := "SELECT r.*, CASE WHEN " + as + " THEN r.mrr WHEN " + sets + " = 1 THEN i64(roundHalfUp(coalesce(r.mean, r.price), 0)) END AS counted_mrr, CASE WHEN " + as + " THEN r.unit END AS counted_unit, " +
		"CASE WHEN " + as + " THEN r.gross WHEN " + sets + " > 1 THEN coalesce(r.mean, r.price) END AS counted_gross FROM (" + joined + ") r"
	const own = "account, subscription, eff_day, eff_ts, known, id, name, status, product, family, plan, quantity, seats, currency, off_percent, off_minor, off_until, reason, voluntary, escalator, trial, said_day, term_ts"
	return "(SELECT * FROM (SELECT " + own + ", counted_mrr AS mrr, counted_unit AS unit, counted_gross AS gross FROM (" + text + ") rc) re WHERE " + clocks + ")"
}
