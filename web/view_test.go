package web

import (
	"net/url"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func saoPaulo(t *testing.T) farol.Calendar {
	t.Helper()
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	return farol.Calendar{Zone: zone, WeekStart: time.Monday}
}

func look(t *testing.T, query string) *view {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	v, err := readView(q, saoPaulo(t), today)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestPeriods(t *testing.T) {
	for query, want := range map[string]string{
		"":                                  "2025-10-01/2026-03-21",
		"period=7d":                         "2026-03-14/2026-03-21",
		"period=month":                      "2026-03-01/2026-03-21",
		"period=last_month":                 "2026-02-01/2026-03-01",
		"period=year":                       "2026-01-01/2026-03-21",
		"period=12m":                        "2025-04-01/2026-03-21",
		"from=2026-01-10&until=2026-01-12":  "2026-01-10/2026-01-13",
		"from=2026-01-10":                   "2026-01-10/2026-03-21",
		"period=7d&as_of=2026-02-10":        "2026-02-04/2026-02-11",
		"period=7d&known=2026-02-10":        "2026-02-04/2026-02-11",
		"period=7d&as_of=2027-01-01":        "2026-03-14/2026-03-21",
		"period=month&as_of=2026-01-31":     "2026-01-01/2026-02-01",
		"period=custom&from=2026-01-01":     "2026-01-01/2026-03-21",
		"period=7d&known=2026-02-10T02:59Z": "",
	} {
		if want == "" {
			continue
		}
		if got := look(t, query).Period.String(); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestViewRefuses(t *testing.T) {
	for query, field := range map[string]string{
		"as_of=yesterday": "as_of", "known=2026-13-01": "known", "grain=hour": "grain", "period=ever": "period",
		"from=2026-02-02&until=2026-02-01": "until", "from=1990-01-01": "from", "from=x": "from", "until=x": "until", "segment=no+name": "segment", "segment==x": "segment",
	} {
		q, _ := url.ParseQuery(query)
		_, err := readView(q, saoPaulo(t), today)
		if farol.KindOf(err) != farol.Invalid || fieldOf(err) != field {
			t.Errorf("%s: %v, want an error of %s", query, err, field)
		}
	}
}

// A link keeps what the address said, and nothing that is the default.
func TestLinksKeepTheView(t *testing.T) {
	v := look(t, "segment=plan%3DPro&segment=plan%3DBasic&known=2026-03-01&q=noise&grain=")
	if got, want := v.Link("/catalogue"), "/catalogue?known=2026-03-01&segment=plan%3DPro&segment=plan%3DBasic"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := v.Link("/x", "known", "", "by", "plan"), "/x?by=plan&segment=plan%3DPro&segment=plan%3DBasic"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := v.without("/x", v.Filters[0], []string{"Pro"}, nil), "/x?known=2026-03-01&segment=plan%3DBasic"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(v.Filters) != 1 || len(v.Filters[0].Values) != 2 {
		t.Errorf("the segment is %+v", v.Filters)
	}
	if got := look(t, "").Link("/catalogue"); got != "/catalogue" {
		t.Errorf("the default view makes %s", got)
	}
	if len(v.Hidden("segment")) != 1 || len(v.Hidden()) != 3 {
		t.Errorf("hidden: %v", v.Hidden())
	}
}

func TestKnownIsTheEndOfTheLocalDay(t *testing.T) {
	v := look(t, "known=2026-03-01")
	if want := time.Date(2026, 3, 2, 2, 59, 59, 999e6, time.UTC); !v.Known.Equal(want) {
		t.Errorf("known is %s, want %s", v.Known.UTC(), want)
	}
	if got := v.KnownDay(); got != "2026-03-01" || !v.Past() {
		t.Errorf("the field says %s, past %t", got, v.Past())
	}
	if v := look(t, "known=2026-03-01T10:00:00-03:00"); !v.Known.Equal(time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("an instant is %s", v.Known)
	}
	if look(t, "as_of=2026-03-20").Past() {
		t.Error("today is not the past")
	}
}

func TestGrainFor(t *testing.T) {
	usage := &metric.Metric{Group: "usage", Grains: []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly}}
	money := &metric.Metric{Group: "revenue", Grains: []farol.Grain{farol.Monthly, farol.Weekly, farol.Daily}}
	monthly := &metric.Metric{Group: "usage", Grains: []farol.Grain{farol.Monthly}}
	for _, c := range []struct {
		query string
		m     *metric.Metric
		want  farol.Grain
	}{
		{"period=28d", usage, farol.Daily}, {"period=6m", usage, farol.Weekly}, {"period=24m", usage, farol.Monthly},
		{"period=28d", money, farol.Weekly}, {"period=6m", money, farol.Monthly}, {"grain=day&period=6m", money, farol.Daily},
		{"grain=day", monthly, farol.Monthly},
	} {
		if got := look(t, c.query).grainFor(c.m); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.query, c.m.Group, got, c.want)
		}
	}
}
