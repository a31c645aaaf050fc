// Package facts keeps everything that happened to customers: an append-only
// log with two clocks, the typed tables that are read off it, and the doors
// through which queries reach them. It runs on DuckDB inside the process or
// on a ClickHouse server, with one query text for both.
package facts

import (
	"log/slog"
	"time"

	"github.com/farol-cs/farol"
)

// Config says where the facts live and how much of the machine they may use.
type Config struct {
	// Path is the DuckDB file; "" keeps the facts in memory (tests).
	Path string
	// ClickHouse, when set, is clickhouse://user:password@host:port/database
	// (spoken over HTTP) and Path is not used.
	ClickHouse string
	// Zone decides the local day of a fact. nil is UTC.
	Zone *time.Location
	// MemoryLimit is the engine's limit as DuckDB writes it ("2GB"); "" takes
	// a quarter of the machine, between 256 MiB and 8 GiB.
	MemoryLimit string
	// Threads of the engine; 0 is one per processor.
	Threads int
	// DedupeWindow is how long a message id is remembered; 0 is 30 days.
	DedupeWindow time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log receives what the background work has to say; nil discards it.
	Log *slog.Logger
}

// Rejected is an event that was refused, with the reason, for people to see.
type Rejected struct {
	// ID is the message id, or empty when it could not be read.
	ID       string
	Received time.Time
	Source   farol.SourceID
	// Kind and Name are as sent, perhaps empty.
	Kind, Name string
	// Field is the field that is wrong ("properties.mrr"), or empty.
	Field  string
	Reason string
	// Body is the event as it came, cut to 8 KB.
	Body string
}

// Batch is what one request brings.
type Batch struct {
	Events   []farol.Event
	Rejected []Rejected
}

// Receipt says what became of a batch.
type Receipt struct {
	// Accepted events were new; Duplicates were known already (Accepted +
	// Duplicates = events sent).
	Accepted, Duplicates int
	// Known is the commit instant that the accepted events carry.
	Known time.Time
}

// Filter keeps the facts of accounts whose attribute had one of the values
// on the day of the fact. The attribute "account" is the account id itself;
// the value "" stands for unknown. With NowPrefix before it the attribute is
// that of the latest day that is read.
type Filter struct {
	Attribute string
	Values    []string
}

// Scope is what every door of a query applies.
type Scope struct {
	// Period is bound as {from:Date} and {to:Date} (the first day after).
	Period farol.Period
	// AsOf keeps facts with day <= AsOf; 0 is no limit.
	AsOf farol.Day
	// Known keeps facts learned up to the instant; zero is all.
	Known time.Time
	// Filters on account attributes, all of which must hold.
	Filters []Filter
	// By is the attribute that fills column grp; "" leaves grp = ''.
	By string
	// Periods are the rows of door {{periods}}.
	Periods []farol.Period
	// Criterion is what {{activated}} and {{progress}} judge by.
	Criterion *Criterion
	// ExcludeAccounts and ExcludePeople are left out of every door, besides
	// accounts with a trait test or internal and people with staff or test.
	ExcludeAccounts, ExcludePeople []string
}

// EventFilter selects rows of the event list. Empty fields do not filter.
type EventFilter struct {
	// From and To are local days, half-open; 0 is open.
	From, To farol.Day
	Account  farol.AccountID
	// Person is any id of the person; all ids joined to it are listed.
	Person farol.PersonID
	Name   string
	Source farol.SourceID
	Kind   farol.Kind
	// Known shows the list as it was known at the instant; zero is now.
	Known time.Time
	// Among keeps the events of these accounts; nil does not.
	Among []farol.AccountID
	// Limit of rows; 0 is 100, at most 1000.
	Limit int
	// After is the cursor that the page before gave, or empty.
	After string
}

// EventRow is an event with what is known of it by now.
type EventRow struct {
	farol.Event
	// Day is the local day that it counts on.
	Day farol.Day
	// Canonical is the person after identify and alias, "" for nobody.
	Canonical farol.PersonID
	// Resolved is the account that it counts for, "" for none.
	Resolved farol.AccountID
	// Late tells that it came after its local day was closed.
	Late bool
}

// Touch says that facts of a local day were learned, or learned otherwise.
type Touch struct {
	// Table is one of:
	//  "events", "activity", "subscriptions", "charges", "answers", "tickets",
	//  "journeys": the day has such facts, learned in the interval; the last three
	//  also when they changed hands by a link or membership, answers and journeys
	//  also when something was said of the same answer or journey on another day.
	//  "signed": on the day a change of a subscription was signed, or asked for,
	//  that takes effect later.
	//  "moved": a subscription or charge of the day changed hands.
	//  "invoices": a service period begins on the day, of a line learned in the
	//  interval; "billed": the line was sent on the day, before its period, or it
	//  changed hands.
	//  "accounts": an account may have begun on the day.
	//  "people": a person may have begun on the day.
	//  "roles": what somebody is for the team was told on the day, of them or of
	//  a person they were joined to.
	//  "invited": somebody was invited on the day who may now be somebody else, or
	//  somebody known.
	//  "costs": a cost begins on the day, or one that began on it was replaced.
	//  "changes": attributes of the day.
	//  "exclusions": who is left out has changed (Day is 0), or which accounts
	//  are one (Day is the first that it concerns).
	Table string
	Day   farol.Day
}

// HistoryRow is one figure of a metric as computed at Known.
type HistoryRow struct {
	Metric, Version, By, Group string
	Grain                      farol.Grain
	Period                     farol.Period
	Known                      time.Time
	// Value, Numerator, Denominator, Low and High are nil where the metric
	// has none.
	Value, Numerator, Denominator, Low, High *float64
	Units                                    int64
	Complete                                 bool
}

// HistoryQuery selects the latest figures of a series.
type HistoryQuery struct {
	Metric, Version, By string
	Grain               farol.Grain
	// From and To bound the first day of the period, half-open; 0 is open.
	From, To farol.Day
	// Known asks for the figures as they were at the instant; zero is now.
	Known time.Time
}

// Measure is the value of a metric for one account on one day.
type Measure struct {
	Account farol.AccountID
	Metric  string
	Day     farol.Day
	// Value is nil where the metric says null.
	Value *float64
}

// Stats are counts for operators.
type Stats struct {
	Engine string
	// Events, Rejected, Activity, Links, Memberships, Subscriptions, Answers,
	// Tickets and Changes are numbers of stored rows.
	Events, Rejected, Activity, Links, Memberships int64
	Subscriptions, Answers, Tickets, Changes       int64
	// Queued events wait for the next commit.
	Queued int
	// Known is the last commit instant.
	Known   time.Time
	Sources []SourceStats
}

// SourceStats says how much a source sent and when last.
type SourceStats struct {
	Source farol.SourceID
	Events int64
	Last   time.Time
}
