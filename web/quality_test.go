package web

import (
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

func TestQuality(t *testing.T) {
	staffed(t).get(admin, "/quality").is(200).says("h1", "Data quality").says("tbody", "nothing came yet")
	s := staffed(t)
	s.live()
	ctx := t.Context()
	_, err := s.store.AddSource(ctx, "Billing")
	s.check(err)
	var hours []store.SourceHour
	last := today.Add(-26 * time.Hour)
	for at := last.Add(-10 * 24 * time.Hour); at.Before(last); at = at.Add(time.Hour) {
		hours = append(hours, store.SourceHour{Source: s.source.ID, Hour: at.Truncate(time.Hour), Events: 20, Duplicates: 1, Rejected: 5, Late: 2, Skewed: 1, NoAccount: 4, NoPerson: 3, Last: at, Reasons: map[string]int64{"type is missing": 5}})
	}
	s.check(s.store.AddSourceHours(ctx, hours))
	s.get(admin, "/quality").says("tbody", "as usual").says("main", "20.0%").says("tbody", "type is missing")
	x, err := s.store.OpenSilence(ctx, store.Silence{Source: s.source.ID, Last: last, Feeds: store.FieldsOf("activity", "events")}, "Web app", []farol.AccountID{"acct-01"})
	s.check(err)
	both(t, func(t *testing.T, code lang.Code) {
		text := map[lang.Code]string{lang.English: "no data for 26 h", lang.Portuguese: "sem dados há 26 h"}[code]
		who := as{role: store.Admin, code: code}
		s.get(who, "/quality").is(200).says(".tag.warn", text).has("#quality-data", 1)
		s.get(who, "/customers").says("tr:contains('acct-01') .tag, tr .tag", text)
		s.get(who, "/customers/acct-01").says(".stale-line", text)
		s.get(who, "/customers/acct-02").has(".stale-line", 0)
		s.get(who, "/").says(".stat.stale .tag", text).has(".stat.stale .delta", 0)
		s.get(who, "/notices").says("main", text)
	})
	if csv := s.get(admin, "/quality.csv"); strings.Count(csv.body, "\n") != len(hours)+1 {
		t.Errorf("%d lines of %d hours", strings.Count(csv.body, "\n"), len(hours))
	}
	// A source of invoices feeds figures of revenue where MRR comes from these.
	y, err := s.store.OpenSilence(ctx, store.Silence{Source: s.source.ID, Last: last, Feeds: store.FieldsOf("invoices")}, "Billing", nil)
	s.check(err)
	s.get(admin, "/revenue").is(200).has(".stat.stale", 0)
	c := metric.Defaults().Conventions
	c.Basis = metric.InvoiceBasis
	_, err = s.store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.ConventionsName, Body: c, Author: "test"})
	s.check(err)
	s.get(admin, "/revenue").is(200).says(".stat.stale .tag", "no data for 26 h")
	s.check(s.store.Resolve(ctx, y.ID))
	s.check(s.store.Resolve(ctx, x.ID))
	s.get(admin, "/quality").has(".tag.warn", 0).says("main", "Silences that ended")
	s.get(admin, "/customers/acct-01").has(".stale-line", 0)
	s.get(admin, "/").has(".stat.stale", 0)
}
