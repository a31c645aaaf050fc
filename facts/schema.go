package facts

// A colType is a column type in neutral words; each dialect has its spelling.
type colType int

const (
	tText    colType = iota // string or []byte
	tInt                    // int64
	tHash                   // uint64
	tFloat                  // float64
	tBool                   // bool
	tDay                    // time.Time at midnight UTC
	tInstant                // time.Time, UTC, milliseconds
	tIntN                   // *-N types may be null (nil)
	tFloatN
	tInstantN
)

// A column of a table. The first column of every table is batch.
type column struct {
	name string
	kind colType
}

// A table is one of the append-only tables of the log.
type table struct {
	name string
	// columns in the order in which rows are written.
	columns []column
	// order is how a server sorts the table; the embedded engine keeps rows in
	// the order of arrival.
	order []string
	// shard is the column that spreads the table over servers.
	shard string
	// number is the table's place in tables.
	number int
}

func (t *table) index(column string) int {
	for i, c := range t.columns {
		if c.name == column {
			return i
		}
	}
	return -1
}

// The tables. A batch of rows carries its number in column batch, so that an
// interrupted batch can be told and finished.
var (
	events = &table{name: "events", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay},
		{"source", tText}, {"kind", tText}, {"name", tText},
		{"id", tText},
		{"hash", tHash},    // of source and id
		{"account", tText}, // as the event names it
		{"user_id", tText}, {"anonymous", tText}, {"previous", tText},
		{"who", tHash},        // of the raw person
		{"as_account", tText}, // resolved at intake, '' when as named
		{"as_person", tText},  // resolved at intake, '' when as named
		{"active", tBool},     // counts in the rollup
		{"millis", tInt},      // time online that it reports
		{"properties", tText}, // JSON object or ''
		{"context", tText},    // JSON object or ''
		{"original_at", tInstantN}, {"flag", tText},
	}, order: []string{"day", "account", "hash"}, shard: "account"}

	rejected = &table{name: "rejected", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"received", tInstant}, {"id", tText}, {"source", tText},
		{"kind", tText}, {"name", tText}, {"field", tText}, {"reason", tText}, {"body", tText}, {"number", tInt},
	}, order: []string{"batch", "number"}, shard: "id"}

	// activity is the daily rollup: a bag of deltas, read by summing n. who is
	// the hash of person, for queries that only count.
	activity = &table{name: "activity", columns: []column{
		{"batch", tInt}, {"day", tDay}, {"known", tInstant}, {"known_day", tDay}, {"account", tText},
		{"person", tText}, {"who", tHash}, {"event", tText}, {"n", tInt}, {"millis", tInt},
	}, order: []string{"day", "account", "who", "event"}, shard: "account"}

	// changes are attribute changes; subject is 'account' or 'person', name its
	// raw id, value the text of a scalar or the JSON of anything else.
	changes = &table{name: "changes", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"id", tText}, {"source", tText},
		{"subject", tText}, {"name", tText}, {"trait", tText}, {"type", tText}, {"value", tText},
	}, order: []string{"subject", "trait", "name", "ts"}, shard: "name"}

	// links say that src is the same person as dst. Only those that were the
	// earliest known of their src are kept: no other can ever matter.
	links = &table{name: "links", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"id", tText}, {"src", tText}, {"dst", tText},
	}, order: []string{"src", "ts"}, shard: "dst"}

	// merges is what follows from links: from known on, person is canonical.
	merges = &table{name: "merges", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"person", tText}, {"canonical", tText},
	}, order: []string{"person", "known"}, shard: "canonical"}

	memberships = &table{name: "memberships", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"id", tText}, {"person", tText}, {"account", tText},
		{"moot", tBool}, // said nothing new when it came: no stored event can move
	}, order: []string{"person", "ts"}, shard: "account"}

	// moves are stored events that a later link or membership gave to another
	// person or account; origin is the account they are stored under.
	moves = &table{name: "moves", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"day", tDay}, {"origin", tText}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"person", tText}, {"account", tText},
	}, order: []string{"day", "hash"}, shard: "origin"}

	subscriptions = &table{name: "subscriptions", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"account", tText}, {"subscription", tText},
		{"status", tText}, // active, paused, cancelled
		{"product", tText}, {"plan", tText}, {"quantity", tFloatN}, {"seats", tFloatN},
		{"mrr", tIntN}, {"currency", tText}, {"reason", tText}, {"detail", tText},
		{"voluntary", tIntN}, // 1, 0 or null
		{"name", tText},      // the event's name
		// Since format 2. Prices are list prices in minor units per month, of one
		// unit or of the whole line; so is what a discount takes off. A day is a
		// number of days since 1970.
		{"family", tText}, {"unit", tFloatN}, {"gross", tFloatN},
		{"off_percent", tFloatN}, {"off_minor", tFloatN}, {"off_until", tIntN}, // noEnd: for good
		{"escalator", tIntN}, {"trial", tIntN}, // 1, 0 or null
		{"said", tInstantN}, {"said_day", tIntN}, // when it was signed or asked for
		{"starts", tIntN}, {"ends", tIntN}, // the paid term
		{"once", tIntN}, // not recurring, minor units
	}, order: []string{"account", "subscription", "ts"}, shard: "account"}

	// charges are payments, failed payments and metered use that was billed.
	charges = &table{name: "charges", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"account", tText}, {"subscription", tText}, // '' is all of the account
		{"kind", tText}, // paid, failed, used
		{"minor", tIntN}, {"currency", tText}, {"reason", tText},
	}, order: []string{"account", "subscription", "ts"}, shard: "account"}

	answers = &table{name: "answers", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"account", tText}, {"person", tText}, {"answer", tText}, {"survey", tText}, {"kind", tText},
		{"score", tFloatN}, {"scale", tFloatN}, {"comment", tText},
		{"relation", tText}, // relational, transactional, employee
		{"delivery", tText}, {"recipient", tText},
	}, order: []string{"day", "account"}, shard: "account"}

	// journeys are the steps of what goes a way of its own: a lead, a trial, a
	// referral, a survey that was sent (kind). thing is its id, '' when the event
	// names none.
	journeys = &table{name: "journeys", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"account", tText}, {"person", tText}, {"kind", tText}, {"action", tText}, {"thing", tText},
		{"target", tText},                      // the account that came of it, or the address it goes to
		{"survey", tText}, {"relation", tText}, // of a survey
		{"channel", tText}, {"origin", tText}, {"campaign", tText},
		{"until", tText},   // the day on which a trial is to end, '' when not said
		{"outside", tBool}, // a referral to somebody outside the account
	}, order: []string{"kind", "day", "account"}, shard: "account"}

	tickets = &table{name: "tickets", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"hash", tHash}, {"account", tText}, {"person", tText}, {"ticket", tText}, {"action", tText},
		{"subject", tText}, {"priority", tText}, {"status", tText}, {"channel", tText}, {"topic", tText}, {"csat", tFloatN},
		// Since format 3. status_raw is the help desk's own word; tags are parted by
		// line ends; opened, replied and solved are as the help desk tells them.
		{"status_raw", tText}, {"requester", tText}, {"assignee", tText}, {"url", tText}, {"tags", tText},
		{"opened", tInstantN}, {"replied", tInstantN}, {"solved", tInstantN}, {"reopened", tIntN},
		{"csat_raw", tText}, {"csat_comment", tText},
	}, order: []string{"account", "ticket", "ts"}, shard: "account"}

	// costs are what was spent from from_day up to to_day (the first day after);
	// day is from_day. They belong to no account.
	costs = &table{name: "costs", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"ts", tInstant}, {"day", tDay}, {"source", tText}, {"id", tText},
		{"cost", tText}, {"category", tText}, {"channel", tText}, {"amount", tInt}, {"currency", tText},
		{"from_day", tDay}, {"to_day", tDay},
	}, order: []string{"day", "cost"}, shard: "cost"}

	measures = &table{name: "measures", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"account", tText}, {"metric", tText}, {"day", tDay}, {"value", tFloatN},
	}, order: []string{"metric", "day", "account"}, shard: "account"}

	history = &table{name: "history", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"metric", tText}, {"version", tText}, {"breakdown", tText}, {"grp", tText},
		{"grain", tText}, {"first_day", tDay}, {"end_day", tDay}, {"value", tFloatN}, {"numerator", tFloatN},
		{"denominator", tFloatN}, {"low", tFloatN}, {"high", tFloatN}, {"units", tInt}, {"complete", tBool},
	}, order: []string{"metric", "grain", "first_day"}, shard: "metric"}

	// batches is written last: a batch without its row here was interrupted.
	// settled is the batch up to which stored events follow links and
	// memberships.
	batches = &table{name: "batches", columns: []column{
		{"batch", tInt}, {"known", tInstant}, {"events", tInt}, {"settled", tInt},
	}, order: []string{"batch"}, shard: "batch"}
)

// tables lists every table; batches last, because it is written last.
var tables = numbered(
	events, rejected, activity, changes, links, merges, memberships, moves,
	subscriptions, answers, tickets, journeys, costs, measures, history, firsts, charges, invoices, roster, erasures, batches,
)

func numbered(ts ...*table) []*table {
	for i, t := range ts {
		t.number = i
	}
	return ts
}

// formatVersion is written into a new log and compared with at opening: a log
// of an earlier format gets the columns that it lacks, one of a later format
// is refused.
//
// Format 2 has more columns in subscriptions, and in answers, and the tables charges
// and journeys; format 3 more columns in tickets; format 4 the table invoices.
const formatVersion = 4

// noEnd is the end of what is for good, as a number of days since 1970.
const noEnd = 1_000_000

// A commit is the rows of one batch, by table. The values of a row follow
// the table's columns without the first (batch), which the engine adds.
type commit struct {
	batch int64
	rows  [][][]any // by table number, then row, then column
	pairs []uint64  // keys of firsts, for the writer to keep in mind
}

func newCommit() *commit { return &commit{rows: make([][][]any, len(tables))} }

// add appends a row; values are those of the columns after batch.
func (c *commit) add(t *table, values ...any) {
	c.rows[t.number] = append(c.rows[t.number], values)
}

// of lists the rows of a table.
func (c *commit) of(t *table) [][]any { return c.rows[t.number] }
