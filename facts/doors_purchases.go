package facts

// purchases: account, day, amount (minor units of the company's currency at
// the rate of the day), grp: what accounts without any contract paid, one row
// per payment with an amount above zero. An account that ever had a
// subscription, or a line of an invoice where these count, buys by contract: its
// payments are none. Attributes are those of
// the first payment's day.
func (d *doors) purchases() (string, error) {
	rates, err := d.rates()
	if err != nil {
		return "", err
	}
	worth, join := "p.minor", ""
	if rates != "" {
		worth = "coalesce(" + converted("p.minor", "q.rate") + ", 0)"
		join = " LEFT JOIN " + rates + " q ON q.code = p.currency AND q.from_day <= p.day AND q.to_day > p.day"
	}
	paid := d.typed("charges", "t.day AS day, coalesce(t.minor, 0) AS minor, t.currency AS currency", "kind = 'paid' AND minor > 0"+d.seenBy(), "t.account", "''")
	bound := d.typed("subscriptions", "t.day AS day", "1 = 1"+d.seenBy(), "t.account", "''")
	if d.byInvoices() {
		bound = "(SELECT q.account AS account FROM " + bound + " q UNION ALL SELECT i.account AS account FROM " + d.typed("invoices", "t.day AS day", "1 = 1"+d.seenBy(), "t.account", "''") + " i)"
	}
	source := "(SELECT p.account AS account, p.day AS day, min(p.day) OVER (PARTITION BY p.account) AS first_day, i64(" + worth + ") AS amount FROM " + paid +
		" p" + join + " WHERE p.account <> ''" + d.noStaff("p.account", "") + " AND p.account NOT IN (SELECT b.account FROM " + bound + " b))"
	return d.dayed(source, []string{"account", "day", "amount"}, "account", "first_day"), nil
}
