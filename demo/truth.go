package demo

import (
	"cmp"
	"slices"
	"time"

	"github.com/farol-cs/farol"
)

// Truth is what was planted and what a perfect reader of the events handed
// out so far would count. Staff and test accounts are in no count but those
// of events. Days are local days of the company's zone.
type Truth struct {
	Seed  uint64    `json:"seed"`
	Zone  string    `json:"zone"`
	Until time.Time `json:"until"` // what became known later is not in here
	First farol.Day `json:"first"`
	Last  farol.Day `json:"last"` // the day of Until, perhaps not over
	Rule  Rule      `json:"rule"`
	// Effects are the factors on the monthly hazard, by name.
	Effects []Effect `json:"effects"`
	// PriceDay is when list prices rose.
	PriceDay farol.Day `json:"price_day"`

	// Events handed out once; Duplicates are repetitions beside them; Late
	// ones became known after their day was closed.
	Events     int `json:"events"`
	Duplicates int `json:"duplicates"`
	Late       int `json:"late"`

	Accounts []AccountTruth `json:"accounts"`
	Excluded Excluded       `json:"excluded"`
	Days     []DayTruth     `json:"days"`
	Months   []MonthTruth   `json:"months"`
	// Moves are what moved MRR, by month, kind and part in this order.
	Moves   []MoveTruth `json:"moves"`
	Hazards []Hazard    `json:"hazards"`
	// Churns are the accounts that cancelled everything, as known.
	Churns []Churn `json:"churns"`
	// Returns are former customers who bought again.
	Returns []Return `json:"returns"`
	// Pauses of contracts and Coolings, the spells of fading interest; To is
	// 0 (1970-01-01) while they last.
	Pauses    []Spell        `json:"pauses"`
	Coolings  []Spell        `json:"coolings"`
	Champions []ChampionLost `json:"champions_lost"`
	Referrals []Referral     `json:"referrals"`
	// Links join ids of one person, as known.
	Links []Link `json:"links"`
	// Shared are the memberships of people with two accounts.
	Shared []Membership `json:"shared"`
	// Corrections is how many subscription changes were reported weeks late.
	Corrections int `json:"corrections"`
	// Buyers are accounts that bought without ever having a contract.
	Buyers []BuyerTruth `json:"buyers"`
	// Steps are those of onboarding, as known.
	Steps []Step `json:"steps"`
	// Terms are the years of contracts.
	Terms []Term `json:"terms"`
}

// BuyerTruth is what an account bought without a contract.
type BuyerTruth struct {
	Account farol.AccountID `json:"account"`
	// Purchases counts the days with a payment; Minor is what they came to.
	Purchases int            `json:"purchases"`
	Minor     int64          `json:"minor"`
	Currency  farol.Currency `json:"currency"`
	First     farol.Day      `json:"first"`
	Last      farol.Day      `json:"last"`
}

// Step is a step of an account's onboarding. Over is the day on which it was
// done or Skipped, 0 (1970-01-01) while it is neither.
type Step struct {
	Account farol.AccountID `json:"account"`
	Name    string          `json:"name"`
	Planned farol.Day       `json:"planned"`
	Due     farol.Day       `json:"due"`
	Over    farol.Day       `json:"over"`
	Skipped bool            `json:"skipped"`
}

// Term is a year of an account's contract, [From, To), as known. Who leaves in
// the month in which it ends by choice leaves on To.
type Term struct {
	Account farol.AccountID `json:"account"`
	From    farol.Day       `json:"from"`
	To      farol.Day       `json:"to"`
}

// Rule is the planted activation rule: the account does each at least so
// often on its first Days local days.
type Rule struct {
	Clauses []Clause `json:"clauses"`
	Days    int      `json:"days"`
	// HazardRatio is the monthly hazard of an activated account over that of
	// the same account not activated.
	HazardRatio float64 `json:"hazard_ratio"`
}

// Clause is an event and how often it takes.
type Clause struct {
	Event string `json:"event"`
	Least int    `json:"least"`
}

// Effect multiplies the hazard while its condition holds at the first day of
// the row.
type Effect struct {
	Name  string  `json:"name"`
	Times float64 `json:"times"`
	When  string  `json:"when"`
}

// AccountTruth is what an account is and did.
type AccountTruth struct {
	ID      farol.AccountID `json:"id"`
	Created farol.Day       `json:"created"`
	Segment string          `json:"segment"`
	// Plan is the present one.
	Plan    string `json:"plan"`
	Channel string `json:"channel"`
	// Reports and Invites are the planted actions inside the window.
	Reports   int  `json:"reports"`
	Invites   int  `json:"invites"`
	Activated bool `json:"activated"`
	// ActivatedAt is when the last clause was met; nil when not.
	ActivatedAt *time.Time `json:"activated_at"`
}

// Excluded lists what no number may count.
type Excluded struct {
	Accounts []farol.AccountID `json:"accounts"`
	People   []farol.PersonID  `json:"people"`
	// LateStaff is one of People who is marked as staff only on LateDay.
	LateStaff farol.PersonID `json:"late_staff"`
	LateDay   farol.Day      `json:"late_day"`
}

// DayTruth counts distinct active people and accounts of a local day, and of
// the 7 and 28 days that end with it.
type DayTruth struct {
	Day         farol.Day `json:"day"`
	People      int       `json:"people"`
	Accounts    int       `json:"accounts"`
	People7     int       `json:"people_7"`
	Accounts7   int       `json:"accounts_7"`
	People28    int       `json:"people_28"`
	Accounts28  int       `json:"accounts_28"`
	NewAccounts int       `json:"new_accounts"`
}

// MoveTruth is the sum of a kind and part of movements of MRR, signed, in minor
// units by currency: new, reactivation, expansion, resume, contraction, pause
// and churn; of an expansion or contraction the part is cross_sell, upsell,
// seats, price or discount.
type MoveTruth struct {
	Month farol.Day `json:"month"` // its first day
	Kind  string    `json:"kind"`
	Part  string    `json:"part"`
	BRL   int64     `json:"brl"`
	USD   int64     `json:"usd"`
}

// MonthTruth is a calendar month, at its end or at Last when that is earlier.
type MonthTruth struct {
	Month farol.Day `json:"month"` // its first day
	// Complete months ended before Until.
	Complete bool `json:"complete"`
	// People and Accounts active in the month.
	People   int `json:"people"`
	Accounts int `json:"accounts"`
	// MRR in minor units, by currency.
	BRL int64 `json:"brl"`
	USD int64 `json:"usd"`
	// Paying accounts had MRR at the end, Paused ones a contract at rest and
	// none. Pauses here are shorter than 90 days, so both are customers.
	Paying int `json:"paying"`
	Paused int `json:"paused"`
	// CustomersStart were customers at the end of the day before the month;
	// CustomersLost of them were none at its end.
	CustomersStart int `json:"customers_start"`
	CustomersLost  int `json:"customers_lost"`
	// Promoters, Passives and Detractors count the latest NPS answer of each
	// person in the month.
	Promoters  int `json:"promoters"`
	Passives   int `json:"passives"`
	Detractors int `json:"detractors"`
	// CSATAnswers are those of the month, CSATTop the fours and fives of them;
	// CESSum is the sum of the CESAnswers' scores.
	CSATAnswers int `json:"csat_answers"`
	CSATTop     int `json:"csat_top"`
	CESAnswers  int `json:"ces_answers"`
	CESSum      int `json:"ces_sum"`
	// EffortAnswers are those of the older question (CES 1.0, 1 to 5, high is
	// bad), EffortSum their sum.
	EffortAnswers int `json:"effort_answers"`
	EffortSum     int `json:"effort_sum"`
	// StaffAnswers are those of the vendor's own people to the NPS question,
	// StaffBalance promoters less detractors among them.
	StaffAnswers int `json:"staff_answers"`
	StaffBalance int `json:"staff_balance"`
	// Delivered surveys were sent in the month, did not bounce and have had 14
	// days; Answered of them were answered within those.
	Delivered int `json:"delivered"`
	Answered  int `json:"answered"`
	// Tickets opened, Leads created and qualified, qualified Referrals (the
	// first of each invitee outside the account), NewCustomers who first paid.
	Tickets        int `json:"tickets"`
	Leads          int `json:"leads"`
	QualifiedLeads int `json:"qualified_leads"`
	Referrals      int `json:"referrals"`
	NewCustomers   int `json:"new_customers"`
	// Cohort signed up in the month; Activated of them met the rule.
	Cohort    int `json:"cohort"`
	Activated int `json:"activated"`
}

// Hazard is the true risk of an account in a month, or in the part [From, To)
// of it in which it could leave.
type Hazard struct {
	Account farol.AccountID `json:"account"`
	Month   farol.Day       `json:"month"`
	From    farol.Day       `json:"from"`
	To      farol.Day       `json:"to"`
	// Choice and Card are the hazards of a whole month: cancelling by choice,
	// and being lost to failed payments.
	Choice float64 `json:"choice"`
	Card   float64 `json:"card"`
	// Chance is the probability to leave in [From, To), by either.
	Chance float64 `json:"chance"`
	// Factors name the effects in force on From.
	Factors []string `json:"factors"`
	// Left tells that it did leave, as known.
	Left bool `json:"left"`
	// Complete rows ended before Until.
	Complete bool `json:"complete"`
}

// Churn is an account that cancelled everything.
type Churn struct {
	Account   farol.AccountID `json:"account"`
	At        time.Time       `json:"at"` // when it took effect
	Day       farol.Day       `json:"day"`
	Reported  time.Time       `json:"reported"` // the event's own time: days later for some, days before for who gave notice
	Reason    string          `json:"reason"`
	Voluntary bool            `json:"voluntary"`
	Minor     int64           `json:"minor"` // MRR lost
	Currency  farol.Currency  `json:"currency"`
}

// Spell is a run of days [From, To) of an account.
type Spell struct {
	Account farol.AccountID `json:"account"`
	From    farol.Day       `json:"from"`
	To      farol.Day       `json:"to"`
}

// ChampionLost is a champion who left; Followed is when a colleague took the
// role, 0 (1970-01-01) for never.
type ChampionLost struct {
	Account  farol.AccountID `json:"account"`
	Person   farol.PersonID  `json:"person"`
	Day      farol.Day       `json:"day"`
	Followed farol.Day       `json:"followed"`
}

// Return is a former customer who bought again.
type Return struct {
	Account farol.AccountID `json:"account"`
	Day     farol.Day       `json:"day"`
}

// Referral is a customer who brought another.
type Referral struct {
	From farol.AccountID `json:"from"`
	To   farol.AccountID `json:"to"`
	Day  farol.Day       `json:"day"`
}

// Link joins two ids of a person.
type Link struct {
	From farol.PersonID `json:"from"`
	To   farol.PersonID `json:"to"`
	At   time.Time      `json:"at"`
}

// Membership puts a person into an account from an instant on.
type Membership struct {
	Person  farol.PersonID  `json:"person"`
	Account farol.AccountID `json:"account"`
	At      time.Time       `json:"at"`
}

// Truth tells what was planted, and counts what has been handed out. It is
// meant for the end of the history: during it, plans of the day being handed
// out are told too.
func (c *Company) Truth() Truth {
	t := Truth{
		Seed: c.cfg.Seed, Zone: c.zone.String(), Until: c.now.UTC(), First: c.first, Last: farol.DayOf(c.now.Add(-time.Millisecond), c.zone),
		Rule: Rule{Clauses: []Clause{{eventReport, RuleReports}, {eventInvite, RuleInvites}}, Days: RuleDays,
			HazardRatio: 1 / factorNotActivated.Times},
		Effects: effects, PriceDay: c.priceDay,
		Events: c.book.unique, Duplicates: c.book.repeated, Late: c.book.late,
		Returns: c.book.returns, Pauses: c.book.pauses, Coolings: c.book.coolings, Champions: c.book.champions,
		Referrals: c.book.referrals, Links: c.book.links, Corrections: c.book.corrections,
	}
	c.excluded(&t)
	c.accountTruth(&t)
	c.shared(&t)
	c.usage(&t)
	c.revenue(&t)
	c.churned(&t)
	c.voices(&t)
	c.said(&t)
	c.bought(&t)
	t.Steps, t.Terms = c.book.steps, c.book.terms
	return t
}

func (c *Company) excluded(t *Truth) {
	for _, a := range c.tests {
		t.Excluded.Accounts = append(t.Excluded.Accounts, a.id)
	}
	for _, p := range c.staff {
		t.Excluded.People = append(t.Excluded.People, p.id)
	}
	t.Excluded.LateStaff, t.Excluded.LateDay = t.Excluded.People[len(t.Excluded.People)-1], c.lateStaff
}

// accountTruth counts the planted actions that have become known.
func (c *Company) accountTruth(t *Truth) {
	known := map[*account][]done{}
	for _, d := range c.book.done {
		known[d.account] = append(known[d.account], d)
	}
	for _, a := range c.book.opened {
		if a.excluded != "" || a.createdAt.After(c.now) {
			continue
		}
		at := AccountTruth{ID: a.id, Created: a.created, Segment: segments[a.segment], Plan: plans[a.plan], Channel: a.channel}
		list := known[a]
		slices.SortFunc(list, func(x, y done) int { return x.at.Compare(y.at) })
		for _, d := range list {
			if farol.DayOf(d.at, c.zone) >= a.created.Next(RuleDays) {
				continue
			}
			if d.event == eventReport {
				at.Reports++
			} else {
				at.Invites++
			}
			if !at.Activated && at.Reports >= RuleReports && at.Invites >= RuleInvites {
				at.Activated, at.ActivatedAt = true, &d.at
			}
		}
		t.Accounts = append(t.Accounts, at)
	}
}

// shared lists the memberships of people with two accounts.
func (c *Company) shared(t *Truth) {
	for _, a := range c.accounts {
		for _, p := range a.people {
			if p.second != nil && p.home == a {
				t.Shared = append(t.Shared, p.memberships...)
			}
		}
	}
}

// churned lists departures that are known, and marks the hazards.
func (c *Company) churned(t *Truth) {
	left := map[farol.AccountID][]farol.Day{}
	for _, ch := range c.book.changes {
		if ch.churn != nil && !ch.churn.At.After(c.now) { // not what is only announced
			t.Churns = append(t.Churns, *ch.churn)
			left[ch.churn.Account] = append(left[ch.churn.Account], ch.churn.Day)
		}
	}
	slices.SortStableFunc(t.Churns, func(x, y Churn) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Account, y.Account)) })
	for _, h := range c.book.hazards {
		if h.From > t.Last {
			continue
		}
		h.Complete = !h.To.Start(c.zone).After(c.now)
		for _, d := range left[h.Account] {
			h.Left = h.Left || (d >= h.From && d < h.To)
		}
		t.Hazards = append(t.Hazards, h)
	}
}
