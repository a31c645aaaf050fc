package metric

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// conventionsExamples are histories by which the conventions that part the
// field's tools are told from one another: the same facts, another number.
var conventionsExamples = map[string]map[string]string{
	`2026-01-10 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-01-10 10:00  @b  "Subscription Started" subscription=b mrr=70 currency=BRL
2026-02-01 10:00  @a  "Subscription Cancelled" subscription=a
2026-02-01 10:00  @b  "Subscription Cancelled" subscription=b
2026-02-20 10:00  @a  "Subscription Started" subscription=a2 mrr=120 currency=BRL
2026-03-20 10:00  @b  "Subscription Started" subscription=b2 mrr=80 currency=BRL
`: {
		"reactivated_mrr":    "{}\nwant month 2026-02-01 = 120.00\nwant month 2026-03-01 = 80.00",
		"reactivated_mrr ":   `{"return_gap_days": 20}` + "\nwant month 2026-02-01 = 0\nwant month 2026-03-01 = 80.00",
		"resumed_mrr":        `{"return_gap_days": 20}` + "\nwant month 2026-02-01 = 120.00\nwant month 2026-03-01 = 0",
		"resumed_mrr ":       `{"return_gap_days": 19}` + "\nwant month 2026-02-01 = 0",
		"net_mrr_churn_rate": `{"return_gap_days": 20}` + "\nwant month 2026-02-01 = 0.2941 (50/170)",
		"saas_quick_ratio":   `{"return_gap_days": 20}` + "\nwant month 2026-02-01 = 0 (0/170)",
		"net_new_mrr":        `{"return_gap_days": 20, "new_and_lost": "ignore"}` + "\nwant month 2026-02-01 = -50.00\nwant month 2026-03-01 = 80.00",
	},
	`2026-01-10 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-02-05 10:00  @a  "Subscription Paused" subscription=a
2026-02-25 10:00  @a  "Subscription Resumed" subscription=a mrr=110 currency=BRL
2026-01-10 10:00  @b  "Subscription Started" subscription=b mrr=70 currency=BRL
2026-02-10 10:00  @b  "Subscription Paused" subscription=b reason=budget
`: {
		"mrr":           `{"pause_days": 30}` + "\nwant month 2026-02-01 = 110.00\nwant month 2026-03-01 = 110.00",
		"mrr ":          `{"pause_days": 30, "pauses": "keep"}` + "\nwant month 2026-02-01 = 180.00\nwant month 2026-03-01 = 110.00",
		"paused_mrr":    `{"pause_days": 30, "pauses": "keep"}` + "\nwant month 2026-02-01 = 0\nwant month 2026-03-01 = 0",
		"expansion_mrr": `{"pause_days": 30, "pauses": "keep"}` + "\nwant month 2026-02-01 = 10.00",
		"churned_mrr":   `{"pause_days": 30, "pauses": "keep"}` + "\nwant month 2026-02-01 = 0\nwant month 2026-03-01 = 70.00",
	},
	// Three years at 100, 200 and 300, signed together; b adds seats half way, and
	// c signs its second price when its term runs already.
	`2025-01-01 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL ends_at=2028-01-01T03:00:00Z
2025-01-01 10:00  @a  "Subscription Changed" subscription=a mrr=200 currency=BRL effective_at=2026-01-01T03:00:00Z
2025-01-01 10:00  @a  "Subscription Changed" subscription=a mrr=300 currency=BRL effective_at=2027-01-01T03:00:00Z
2025-07-01 10:00  @b  "Subscription Started" subscription=b unit_price=10 quantity=4 currency=BRL starts_at=2025-07-10T03:00:00Z ends_at=2026-07-10T03:00:00Z
2025-07-05 10:00  @b  "Subscription Changed" subscription=b unit_price=20 currency=BRL effective_at=2026-01-10T03:00:00Z
2026-02-10 03:00  @b  "Subscription Changed" subscription=b quantity=6
2025-10-01 10:00  @c  "Subscription Started" subscription=c mrr=50 currency=BRL ends_at=2026-10-01T03:00:00Z
2025-10-05 10:00  @c  "Subscription Changed" subscription=c mrr=70 currency=BRL effective_at=2026-02-01T03:00:00Z
2026-03-15 10:00  @d  "Subscription Started" subscription=d mrr=10 currency=BRL ends_at=2026-05-15T03:00:00Z
2026-03-20 10:00  @d  "Subscription Changed" subscription=d mrr=30 currency=BRL requested_at=2026-03-14T03:00:00Z effective_at=2026-04-15T03:00:00Z
`: {
		"mrr":           "{}\nwant month 2025-12-01 = 190.00\nwant month 2026-01-01 = 330.00\nwant month 2026-02-01 = 390.00",
		"mrr ":          `{"ramps": "average"}` + "\nwant month 2025-12-01 = 310.00\nwant month 2026-01-01 = 310.00\nwant month 2026-02-01 = 390.00\nwant month 2026-03-01 = 410.00\nwant month 2025-07-01 known 2025-07-03 12:00 = 200.00 incomplete",
		"expansion_mrr": `{"ramps": "average"}` + "\nwant month 2026-01-01 = 0\nwant month 2026-02-01 = 80.00",
		"cmrr":          `{"ramps": "average"}` + "\nwant month 2025-12-01 = 330.00",
	},
	// The rate of exchange doubles; one pays less, one pauses, and one grows.
	`rate USD 4.00
rate USD 8.00 from 2026-01-15
2025-11-10 10:00  @c{1..4}  "Subscription Started" subscription=s{} mrr=25 currency=USD
2026-01-10 10:00  @c1  "Subscription Changed" subscription=s1 mrr=15 currency=USD
2026-01-20 10:00  @c2  "Subscription Paused" subscription=s2
2026-01-20 10:00  @c3  "Subscription Changed" subscription=s3 mrr=30 currency=USD
`: {
		"customer_lifetime":  `{"lifetime_months": 1, "lifetime_churn": "revenue"}` + "\nwant month 2026-01-01 = 3.3333 (400.00/120.00)",
		"customer_lifetime ": `{"lifetime_months": 1}` + "\nwant month 2026-01-01 = null no_loss (4/0)\nwant month 2025-11-01 = null zero_denominator",
	},
	// Ten customers; in January one of 100 leaves and another pays 50 more.
	`2025-11-10 10:00  @c{1..10}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-01-10 10:00  @c1  "Subscription Cancelled" subscription=s1
2026-01-10 10:00  @c2  "Subscription Changed" subscription=s2 mrr=150 currency=BRL
2026-02-10 10:00  @c{3..4}  "Subscription Changed" subscription=s{} mrr=200 currency=BRL
`: {
		"customer_lifetime_value":             `{"lifetime_months": 2}` + "\nwant month 2026-01-01 = 2111.11 (950/9)",
		"customer_lifetime_value ":            `{"lifetime_months": 1}` + "\nwant month 2026-01-01 = 1055.56 (950/9)",
		"customer_lifetime_value  ":           `{"lifetime_months": 2, "lifetime_churn": "revenue"}` + "\nwant month 2026-01-01 = 4222.22 (950/9)\nwant month 2026-02-01 = null no_loss",
		"customer_lifetime":                   `{"lifetime_months": 2, "lifetime_churn": "revenue"}` + "\nwant month 2026-01-01 = 40 (2000.00/50.00)\nwant month 2026-02-01 = null no_loss (1950.00/-150.00)",
		"customer_lifetime_value_discounted":  `{"lifetime_months": 2, "lifetime_churn": "revenue", "discount_rate": 0}` + "\nwant month 2026-01-01 = 4222.22",
		"customer_lifetime_value_discounted ": `{"lifetime_months": 1, "discount_rate": 0}` + "\nwant month 2026-01-01 = 1055.56",
	},
}

// What the field's tools decide each in its own way moves the number as it
// says, on both engines.
func TestConventionExamples(t *testing.T) {
	t.Parallel()
	catalogue := loadCatalogue(t)
	onEngines(t, []string{"duckdb", "clickhouse"}, func(t *testing.T, open opener) {
		for history, wants := range conventionsExamples {
			whole := "zone America/Sao_Paulo\nnow 2026-04-10 12:00\n" + history
			var f *facts.Facts
			for name, want := range wants {
				x, err := parseExample(whole + "set conventions " + want + "\n")
				if err != nil {
					t.Fatal(err)
				}
				now := func() time.Time { return x.Now }
				if f == nil {
					f = open(t, x.Settings.Calendar.Zone, now)
					backfill(t, f, x.Events)
				}
				r := New(catalogue, f, func() Settings { return x.Settings })
				r.SetClock(now)
				m, err := catalogue.Find(strings.TrimSpace(name))
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range x.Wants {
					checkWants(t, r, m, []Want{w})
				}
			}
		}
	})
}

// A subscription whose pause leaves its MRR as it was is told as paused all the
// same, with its amount.
func TestPausedLine(t *testing.T) {
	t.Parallel()
	x, err := parseExample(`
zone America/Sao_Paulo
now 2026-02-20 12:00
2026-01-10 10:00  @a  "Subscription Started" subscription=a mrr=100 currency=BRL
2026-02-05 10:00  @a  "Subscription Paused" subscription=a
2026-01-10 10:00  @a  "Subscription Started" subscription=b mrr=70 currency=BRL
want day 2026-01-01 = 0
`)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return x.Now }
	f := openDuck(t, x.Settings.Calendar.Zone, now)
	backfill(t, f, x.Events)
	for pauses, want := range map[string]string{PauseIsZero: "a paused 0, a active 10000, b active 7000, ", PauseKeeps: "a paused 10000, a active 10000, b active 7000, "} {
		set := x.Settings
		set.Conventions.Pauses = pauses
		r := New(loadCatalogue(t), f, func() Settings { return set })
		r.SetClock(now)
		lines, err := r.Lines(t.Context(), "a", farol.Date(2026, 2, 20), time.Time{})
		got := ""
		for _, l := range lines {
			got += fmt.Sprintf("%s %s %d, ", l.Subscription, l.Status, l.Amount)
		}
		if err != nil || got != want {
			t.Errorf("%s: %s%v", pauses, got, err)
		}
	}
}
