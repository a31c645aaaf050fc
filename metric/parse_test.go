package metric

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/farol-cs/farol/lang"
)

// The names are promised to others.
func TestPromisedMetrics(t *testing.T) {
	c := loadCatalogue(t)
	for _, name := range []string{
		"active_users_day", "active_users_week", "active_users_28d", "active_users_month",
		"active_accounts_day", "active_accounts_week", "active_accounts_28d", "active_accounts_month",
		"stickiness", "new_accounts", "activation_rate", "mrr", "logo_churn_rate", "nps",
	} {
		m, err := c.Find(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, w := range []Words{m.Title, m.Definition, m.Formula, m.Rules, m.Reading} {
			for _, code := range lang.Codes {
				if w[code] == "" || strings.Contains(w[code], "  ") {
					t.Errorf("%s lacks words in %s, or they are not well spaced: %q", name, code, w[code])
				}
			}
		}
	}
	if _, err := c.Find("nothing"); err == nil {
		t.Error("found a metric that is not there")
	}
}

func definition(t *testing.T) string {
	t.Helper()
	text, err := defs.ReadFile("defs/nps.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A file that is dropped in appears; nothing else has to be edited.
func TestDroppedInFile(t *testing.T) {
	text := strings.Replace(definition(t), "-- name: nps", "-- name: nps_copy", 1)
	c, err := load(fstest.MapFS{"defs/nps_copy.sql": {Data: []byte(text)}}, "defs")
	if err != nil || len(c.All()) != 1 || c.All()[0].Name != "nps_copy" {
		t.Fatalf("%v, %v", c, err)
	}
}

// An example takes the facts of another's, which must have its own.
func TestBorrowedExample(t *testing.T) {
	text := definition(t)
	head, example, _ := strings.Cut(text, exampleStart)
	copied := func(in string) string {
		facts := strings.Split(example, "\n")
		facts = slices.DeleteFunc(facts, func(s string) bool { return s != "*/" && !strings.HasPrefix(s, "want ") })
		return strings.Replace(head, "-- name: nps", "-- name: nps_copy", 1) + exampleStart + asIn + in + "\n" + strings.Join(facts, "\n")
	}
	c, err := load(fstest.MapFS{"defs/nps.sql": {Data: []byte(text)}, "defs/nps_copy.sql": {Data: []byte(copied("nps"))}}, "defs")
	if err != nil {
		t.Fatal(err)
	}
	own, _ := c.Find("nps")
	if got, _ := c.Find("nps_copy"); strings.ReplaceAll(got.Example, "\n\n", "\n") != strings.ReplaceAll(own.Example, "\n\n", "\n") {
		t.Errorf("%s\nand not\n%s", got.Example, own.Example)
	}
	for _, in := range []string{"nothing", "nps_copy"} {
		if _, err := load(fstest.MapFS{"defs/nps.sql": {Data: []byte(text)}, "defs/nps_copy.sql": {Data: []byte(copied(in))}}, "defs"); err == nil || !strings.Contains(err.Error(), in) {
			t.Errorf("facts of %s: %v", in, err)
		}
	}
}

// Without any one of its parts a definition does not load.
func TestMissingParts(t *testing.T) {
	text := definition(t)
	header, _, err := readHeader(text)
	if err != nil {
		t.Fatal(err)
	}
	for key := range header {
		if key == "of" {
			continue // accounts, if it is not said
		}
		var kept []string
		dropping := false
		for _, l := range strings.Split(text, "\n") {
			dropping = strings.HasPrefix(l, "-- "+key+": ") || dropping && strings.HasPrefix(l, "--   ")
			if !dropping {
				kept = append(kept, l)
			}
		}
		if _, err := parse("nps", strings.Join(kept, "\n")); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("without %q: %v", key, err)
		}
	}
}

func TestBadDefinitions(t *testing.T) {
	text := definition(t)
	for _, c := range []struct{ old, new, says string }{
		{"-- name: nps", "-- name: other", "is named"},
		{"-- group: voice", "-- group: vice", "group must be"},
		{"-- grains: month, week, day", "-- grains: month, year", "grains must be"},
		{"-- aggregation: nps", "-- aggregation: guess", "aggregation"},
		{"-- version: 1", "-- version: one", "must be a number"},
		{"-- version: 1", "-- version: 1\n-- colour: red", "unknown key"},
		{"-- version: 1", "-- version: 1\n-- version: 2", "twice"},
		{"/* example", "/* sample", "no worked example"},
		{"{{voters \"relational\"}}", "voters", "reaches no facts"},
		{"{{voters", "{{guesses", "unknown door"},
		{"AS numerator", "AS side", "numerator"},
		{"want day", "want decade", "grain"},
		{"kind=nps score=9", "kind=nps score", "key=value"},
		{"*/", "*/ more", "must end the file"},
		{"now 2026-03-10 12:00", "", "line now"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("the definition has no %q", c.old)
		}
		_, err := parse("nps", strings.ReplaceAll(text, c.old, c.new))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q for %q: %v, want one that says %q", c.new, c.old, err, c.says)
		}
	}
	var weeks []string
	for _, l := range strings.Split(text, "\n") {
		if !strings.HasPrefix(l, "want week") {
			weeks = append(weeks, l)
		}
	}
	if _, err := parse("nps", strings.Join(weeks, "\n")); err == nil || !strings.Contains(err.Error(), "no figure per week") {
		t.Errorf("an example without weeks: %v", err)
	}
}

func TestSettingsVersion(t *testing.T) {
	c := loadCatalogue(t)
	m, err := c.Find("active_users_day")
	if err != nil {
		t.Fatal(err)
	}
	s := Defaults()
	if v := s.version(m); v != "1" {
		t.Errorf("version of the defaults is %s", v)
	}
	s.Active.Version, s.Activation.Version, s.Exclusions.Version = 2, 5, 3
	if v := s.version(m); v != "1+active.2+exclusions.3" {
		t.Errorf("version is %s", v)
	}
}

func TestSettingsCheck(t *testing.T) {
	if err := Defaults().Check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Settings){
		"currency":   func(s *Settings) { s.Currency = "reais" },
		"active":     func(s *Settings) { s.Active.All = false },
		"window":     func(s *Settings) { s.Activation.WindowDays = 0 },
		"twice":      func(s *Settings) { s.Activation.Events = []Clause{{Name: "A", Min: 1}, {Name: "A", Min: 2}} },
		"no count":   func(s *Settings) { s.Activation.Events = []Clause{{Name: "A", Min: 0}} },
		"at least 2": func(s *Settings) { s.Activation.Events = []Clause{{Name: "A", Min: 1}}; s.Activation.AtLeast = 2 },
	} {
		s := Defaults()
		spoil(&s)
		if s.Check() == nil {
			t.Errorf("%s passed", name)
		}
	}
	if !slices.Equal(grains, []string{"day", "week", "month"}) {
		t.Error("the grains are not those of the vocabulary")
	}
}
