package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// settings is the company's settings, read again when they are older than a
// second: several processes may share one state.
type settings struct {
	store *store.Store
	log   *slog.Logger
	mu    sync.Mutex
	read  time.Time
	last  metric.Settings
}

func readSettings(ctx context.Context, s *store.Store, log *slog.Logger) (*settings, error) {
	now, err := metric.ReadSettings(ctx, s)
	return &settings{store: s, log: log, read: time.Now(), last: now}, err
}

// current is the settings in force. When the state does not answer, those
// that were read last stay in force.
func (s *settings) current() metric.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.read) < time.Second {
		return s.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now, err := metric.ReadSettings(ctx, s.store)
	if err != nil {
		s.log.Error("reading the settings", "error", err)
	} else {
		s.last = now
	}
	s.read = time.Now()
	return s.last
}

// forget makes the next reader see what was just saved.
func (s *settings) forget(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = time.Time{}
}

func (s *settings) zone() *time.Location { return s.current().Calendar.Zone }

// defineDemo sets the demo company's settings: its zone and currency, and the
// activation criterion that the generator planted. until is the end of the
// history.
func defineDemo(ctx context.Context, s *store.Store, language string, until farol.Day, months int) error {
	drafts := map[string]any{
		metric.CompanyName: metric.CompanyDocument{
			Name: "Demo", Zone: demoZone, WeekStart: "monday", Currency: "BRL", Language: language,
			Rates: map[farol.Currency]float64{"USD": 5.4}, RatesByDate: demoRates(until, months),
		},
		metric.ActivationName: plantedCriterion(),
		metric.FeaturesName:   demoFeatures(),
		metric.HolidaysName:   metric.Holidays{Country: metric.Brazil, Customary: true},
	}
	for name, body := range drafts {
		if _, err := s.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: name, Body: body, Author: "system"}); err != nil {
			return err
		}
	}
	return defineDemoSegments(ctx, s, language)
}

// demoRates are reais for one dollar, by quarter, through the months up to the
// day. In tenths: every amount in dollars of the demo is whole centavos then.
func demoRates(until farol.Day, months int) []metric.RatesDocument {
	dollars := []float64{5.4, 5.2, 5.3, 5.6, 5.7, 5.5, 5.3, 5.2}
	y, m, _ := until.UTC().Date()
	var out []metric.RatesDocument
	for i := -months; i <= 0; i++ {
		first := farol.Date(y, m+time.Month(i), 1)
		if month := int(first.UTC().Month()) - 1; month%3 == 0 && i > -months {
			out = append(out, metric.RatesDocument{From: first, Rates: map[farol.Currency]float64{"USD": dollars[(first.UTC().Year()*4+month/3)%len(dollars)]}})
		}
	}
	return out
}

// demoFeatures are the functions of the demo company's product that package
// demo makes events of; the first are what it is bought for.
func demoFeatures() metric.Features {
	paid := []string{"pro", "business"}
	one := func(name, event string, core bool, plans ...string) metric.Feature {
		return metric.Feature{Name: name, Events: []string{event}, Core: core, Plans: plans}
	}
	return metric.Features{WindowDays: 28, AdoptedDays: 3, List: []metric.Feature{
		one("Reports", "Report Created", true), one("Dashboards", "Dashboard Viewed", true), one("Tasks", "Task Completed", true),
		one("Comments", "Comment Added", false), one("Exports", "Report Exported", false), one("Sharing", "Report Shared", false),
		one("Goals", "Goal Updated", false), one("Integrations", "Integration Connected", false, paid...), one("Alerts", "Alert Configured", false, paid...),
		one("Templates", "Template Used", false), one("Automations", "Automation Run", false, paid...), one("Checklists", "Checklist Completed", false),
		one("Assistant", "Assistant Asked", false, paid...),
	}}
}

// plantedCriterion is the activation rule that the generator planted.
func plantedCriterion() metric.Activation {
	return metric.Activation{
		Events:     []metric.Clause{{Name: "Report Created", Min: demo.RuleReports}, {Name: "Teammate Invited", Min: demo.RuleInvites}},
		WindowDays: demo.RuleDays,
	}
}

// randomPassword has 80 bits, in letters and digits that read well.
func randomPassword() string {
	b := make([]byte, 10)
	rand.Read(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// progress draws the loading of events on a terminal, and nothing into a file.
func progress(out io.Writer) *progressbar.ProgressBar {
	file, ok := out.(*os.File)
	if !ok {
		return progressbar.DefaultSilent(-1)
	}
	if stat, err := file.Stat(); err != nil || stat.Mode()&os.ModeCharDevice == 0 {
		return progressbar.DefaultSilent(-1)
	}
	return progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("events"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionOnCompletion(func() { io.WriteString(out, "\n") }))
}
