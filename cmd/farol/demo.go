package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
)

type demoCmd struct {
	Data     string `help:"Folder of the demo's data; made when it is not there." default:"farol-demo" type:"path"`
	Seed     uint64 `help:"The same seed makes the same company." default:"7"`
	Accounts int    `help:"Customers of the demo company." default:"400"`
	Months   int    `help:"Months of history." default:"18"`
	Live     bool   `help:"Keep new events coming." default:"true" negatable:""`
	Language string `help:"Language of the demo's administrator: en or pt-BR." enum:"en,pt-BR" default:"en"`
	Facts    string `help:"ClickHouse for the facts instead of DuckDB." placeholder:"URL"`
	State    string `help:"PostgreSQL for the state instead of SQLite." placeholder:"URL"`
	serverOptions
	logOptions
}

const (
	demoEmail = "demo@farol.example"
	demoZone  = "America/Sao_Paulo"
)

// demoMade is written beside the data: what was made, so that a second start
// serves the same company and tests know the truth.
type demoMade struct {
	Seed             uint64
	Accounts, Months int
	Until            time.Time
	Password         string
	// Sources are the systems that send: ids by which the events name them.
	Sources demo.Sources
	// Keys are the write keys of the sources.
	Keys map[farol.SourceID]string
	// Complete is set once everything is in; a half made demo is made anew.
	Complete bool
}

// Run makes the company when the folder has none, and serves it.
func (c *demoCmd) Run(ctx context.Context, out io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	eo := engineOptions{stateOptions: stateOptions{Data: c.Data, State: c.State}, Facts: c.Facts, Memory: "512MB"}
	log := c.logger()
	made, company, err := c.prepare(ctx, out, eo, log)
	if err != nil {
		return err
	}
	return serve(ctx, out, eo, c.serverOptions, log, func(a *app, url string) error {
		fmt.Fprintf(out, "Sign in as   %s\nPassword     %s\n", demoEmail, made.Password)
		if c.Live {
			go liveDemo(ctx, company, made, a.facts.LastKnown(), url, log)
		}
		return nil
	})
}

// check refuses a company that cannot be made, before anything is written.
func (c *demoCmd) check() error {
	switch {
	case c.Accounts < 1:
		return fmt.Errorf("--accounts must be 1 or more, not %d", c.Accounts)
	case c.Months < 1:
		return fmt.Errorf("--months must be 1 or more, not %d", c.Months)
	}
	return nil
}

// prepare answers what is in the folder, after making it if need be, and the
// company that goes on from there.
func (c *demoCmd) prepare(ctx context.Context, out io.Writer, eo engineOptions, log *slog.Logger) (demoMade, *demo.Company, error) {
	made, err := readDemo(c.Data)
	switch {
	case err == nil && made.Complete:
		if made.Seed != c.Seed || made.Accounts != c.Accounts || made.Months != c.Months {
			return made, nil, fmt.Errorf("%s holds a demo of another seed or size (seed %d, %d accounts, %d months): give another --data", c.Data, made.Seed, made.Accounts, made.Months)
		}
		company, err := made.company()
		return made, company, err
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return made, nil, err
	}
	if err := clearHalfMade(c.Data, err == nil); err != nil {
		return made, nil, err
	}
	return c.make(ctx, out, eo, log)
}

// clearHalfMade removes what an interrupted demo left. A folder that was not
// begun by the demo is never touched.
func clearHalfMade(dir string, begun bool) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(names) > 0 && !begun {
		return fmt.Errorf("%s is not empty and holds no demo: give another --data", dir)
	}
	for _, n := range names {
		if err := os.RemoveAll(filepath.Join(dir, n.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (c *demoCmd) make(ctx context.Context, out io.Writer, eo engineOptions, log *slog.Logger) (demoMade, *demo.Company, error) {
	began := time.Now()
	fmt.Fprintf(out, "Making the demo company: %d accounts, %d months, seed %d\n", c.Accounts, c.Months, c.Seed)
	made := demoMade{Seed: c.Seed, Accounts: c.Accounts, Months: c.Months, Until: began.UTC().Truncate(time.Second), Password: randomPassword()}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return made, nil, err
	}
	if err := made.write(c.Data); err != nil {
		return made, nil, err
	}
	if err := c.makeState(ctx, eo, &made); err != nil {
		return made, nil, fmt.Errorf("setting up the team: %w", err)
	}
	company, err := made.company()
	if err != nil {
		return made, nil, err
	}
	if err := load(ctx, out, eo, log, company, made.Until, c.Language); err != nil {
		return made, nil, err
	}
	planted := filepath.Join(c.Data, truthFile)
	if err := writeJSON(planted, company.Truth()); err != nil {
		return made, nil, err
	}
	made.Complete = true
	fmt.Fprintf(out, "Made in %.0f s; its planted truth is in %s\n", time.Since(began).Seconds(), planted)
	return made, company, made.write(c.Data)
}

// makeState sets up the team, the sources and the settings of the demo.
func (c *demoCmd) makeState(ctx context.Context, eo engineOptions, made *demoMade) error {
	s, done, err := eo.openState(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.AddFirstMember(ctx, store.NewMember{Email: demoEmail, Name: "Demo", Role: store.Admin, Password: made.Password, Language: c.Language})
	if err != nil {
		return err
	}
	made.Keys = map[farol.SourceID]string{}
	for name, id := range map[string]*farol.SourceID{"Web app": &made.Sources.Web, "Server": &made.Sources.Server, "Billing": &made.Sources.Billing, "Help desk": &made.Sources.Support} {
		src, err := s.AddSource(ctx, name)
		if err != nil {
			return err
		}
		*id, made.Keys[src.ID] = src.ID, src.Key
	}
	if err := defineDemo(ctx, s, c.Language, farol.DayOf(made.Until, time.UTC), made.Months); err != nil {
		return err
	}
	return made.write(c.Data)
}

// load takes the company's history in, and plants what its team knows and does.
func load(ctx context.Context, out io.Writer, eo engineOptions, log *slog.Logger, company *demo.Company, until time.Time, language string) (err error) {
	a, err := openApp(ctx, eo, serverOptions{}, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	bar := progress(out)
	err = a.facts.Backfill(ctx, func() ([]farol.Event, error) {
		events, err := company.Next()
		bar.Add(len(events))
		return events, err
	})
	bar.Finish()
	if err != nil {
		return fmt.Errorf("loading the history: %w", err)
	}
	if err := plantWork(ctx, a, language); err != nil {
		return fmt.Errorf("putting the team to work: %w", err)
	}
	return plantDesk(ctx, a, until, language)
}

func (m demoMade) company() (*demo.Company, error) {
	zone, err := loadZone(demoZone)
	if err != nil {
		return nil, err
	}
	return demo.New(demo.Config{Seed: m.Seed, Accounts: m.Accounts, Months: m.Months, Until: m.Until, Zone: zone, Sources: m.Sources}), nil
}

func readDemo(dir string) (m demoMade, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

func (m demoMade) write(dir string) error { return writeJSON(filepath.Join(dir, "demo.json"), m) }

// truthFile is where the demo's planted truth is, in its data folder.
const truthFile = "truth.json"

// openTruth compares the figures with the truth of a demo; nil in a folder
// that holds none.
func openTruth(dir string, m *metric.Reader, f *facts.Facts) *truth.Checker {
	file := filepath.Join(dir, truthFile)
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	return truth.New(m, f, func() (t demo.Truth, err error) {
		text, err := os.ReadFile(file)
		if err != nil {
			return t, err
		}
		return t, json.Unmarshal(text, &t)
	})
}

// writeJSON replaces the file at once, so that a crash leaves the old or the
// new one. The file may hold a password: it is the owner's alone.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// liveDemo goes on where the history ended: what the same people do now is
// sent through the HTTP door, as a customer's own program would.
//
// What happened up to since was sent by the run before this one. A little of
// it is sent again, in case its last words were lost: repeats count once.
func liveDemo(ctx context.Context, company *demo.Company, made demoMade, since time.Time, url string, log *slog.Logger) {
	company.Live(since.Add(-time.Hour))
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	waiting := map[farol.SourceID][]farol.Event{}
	for {
		for _, e := range company.Live(time.Now().UTC()) {
			waiting[e.Source] = append(waiting[e.Source], e)
		}
		for source, events := range waiting {
			for len(events) > 0 {
				n := min(len(events), 200)
				if err := postBatch(ctx, url, made.Keys[source], events[:n]); err != nil {
					log.Debug("the live demo waits", "error", err)
					break
				}
				events = events[n:]
			}
			waiting[source] = events
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func postBatch(ctx context.Context, url, key string, events []farol.Event) error {
	body := bytes.NewReader(demo.Body(events, time.Now().UTC()))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/batch", body)
	if err != nil {
		return err
	}
	req.SetBasicAuth(key, "")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}
