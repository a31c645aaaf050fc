// Package browser_test clicks through the pages in Chromium, over the real
// engines and a small demo company. With FAROL_SHOTS=folder it leaves
// pictures of every page for people to look at.
package browser_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/ingest"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/web"
)

const (
	email    = "ana@example.com"
	password = "correct horse battery"
	longName = "Companhia Brasileira de Desenvolvimento de Soluções Integradas para Gestão de Relacionamento com Clientes S.A. — Filial Nordeste"
)

// site is a server as people run it.
type site struct {
	t     *testing.T
	url   string
	store *store.Store
	facts *facts.Facts
}

// closers give back what the tests opened, lived is the settled site that
// they share, and window the browser whose tabs they use.
var (
	closers []func()
	lived   *site
	window  context.Context
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, c := range slices.Backward(closers) {
		c()
	}
	os.Exit(code)
}

// settled is a site with a team, a company and the demo's facts.
func settled(t *testing.T) *site {
	t.Helper()
	if lived == nil {
		s := serve(t)
		s.settle()
		lived = s
	}
	s := *lived
	s.t = t
	return &s
}

// serve is an empty site.
func serve(t *testing.T) *site {
	t.Helper()
	ctx := context.Background()
	s := &site{t: t}
	folder, err := os.MkdirTemp("", "farol-browser")
	s.check(err)
	closers = append(closers, func() { os.RemoveAll(folder) })
	s.store, err = store.Open(ctx, "sqlite:"+filepath.Join(folder, "state.db"), time.Now)
	s.check(err)
	closers = append(closers, func() { s.store.Close() })
	zone, err := time.LoadLocation("America/Sao_Paulo")
	s.check(err)
	s.facts, err = facts.Open(ctx, facts.Config{Zone: zone, MemoryLimit: "512MB", Threads: 2})
	s.check(err)
	closers = append(closers, func() { s.facts.Close() })
	catalogue, err := metric.Load()
	s.check(err)
	settings := func() metric.Settings {
		now, err := metric.ReadSettings(ctx, s.store)
		if err != nil {
			panic(err)
		}
		return now
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	mux := http.NewServeMux()
	mux.Handle("/v1/", ingest.New(ingest.Config{Facts: s.facts, Source: s.store.SourceByKey, Log: log}))
	mux.Handle("/", web.New(web.Config{Store: s.store, Facts: s.facts, Metrics: metric.New(catalogue, s.facts, settings), Log: log}))
	server := httptest.NewServer(mux)
	closers = append(closers, server.Close)
	s.url = server.URL
	return s
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// settle gives the site a team, a company and the demo's facts.
func (s *site) settle() {
	s.t.Helper()
	ctx := context.Background()
	_, err := s.store.AddFirstMember(ctx, store.NewMember{Email: email, Name: "Ana Beatriz Souza", Password: password, Language: "en"})
	s.check(err)
	_, err = s.store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.CompanyName, Author: "system", Body: metric.CompanyDocument{
		Name: "Vila Rica Software", Zone: "America/Sao_Paulo", WeekStart: "monday", Currency: "BRL", Language: "pt-BR",
		Rates: map[farol.Currency]float64{"USD": 5.4},
	}})
	s.check(err)
	var sources []store.Source
	for _, name := range []string{"Web", "Server", "Billing", "Support"} {
		x, err := s.store.AddSource(ctx, name)
		s.check(err)
		sources = append(sources, x)
	}
	company := demo.New(demo.Config{Seed: 7, Accounts: 40, Months: 8, Until: time.Now().Add(-time.Minute), Sources: demo.Sources{
		Web: sources[0].ID, Server: sources[1].ID, Billing: sources[2].ID, Support: sources[3].ID,
	}})
	s.check(s.facts.Backfill(ctx, company.Next))
	_, err = s.facts.Append(ctx, facts.Batch{
		Events: []farol.Event{{
			ID: "long-1", Source: sources[1].ID, Kind: farol.Track, Name: "Signed Up", At: time.Now().UTC(),
			Account: longName, User: longName + " / usuário principal",
		}},
		Rejected: []facts.Rejected{{
			ID: "bad-1", Received: time.Now(), Source: sources[2].ID, Kind: "track", Name: "Subscription Started",
			Field: "properties.mrr", Reason: "must not be negative", Body: `{"event":"Subscription Started","properties":{"mrr":-5}}`,
		}},
	})
	s.check(err)
	_, err = s.facts.Append(ctx, s.unbroken(sources[1].ID))
	s.check(err)
	s.check(s.facts.Settle(ctx))
}

// browser is a window of Chromium that notes whatever goes wrong in it.
type browser struct {
	t    *testing.T
	ctx  context.Context
	site *site
	mu   sync.Mutex
	// wrong holds console errors, failed requests and policy violations.
	wrong []string
}

// patience is how long a step may take before the test gives up: it bounds a
// hang, and says nothing of speed.
const patience = 60 * time.Second

// chromium starts the browser, once.
func (s *site) chromium() context.Context {
	s.t.Helper()
	if window != nil {
		return window
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		s.t.Fatal("Chromium is needed: run test/setup")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("lang", "en-US"), chromedp.Env("LANGUAGE=en"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	closers = append(closers, stop, cancel)
	s.check(chromedp.Run(ctx))
	window = ctx
	return ctx
}

// browse opens a tab, in which nobody is signed in yet.
func (s *site) browse() *browser {
	s.t.Helper()
	ctx, cancel := chromedp.NewContext(s.chromium())
	s.t.Cleanup(cancel)
	b := &browser{t: s.t, ctx: ctx, site: s}
	chromedp.ListenTarget(ctx, b.note)
	s.check(chromedp.Run(ctx, cdplog.Enable(), network.Enable(), runtime.Enable(), network.ClearBrowserCookies()))
	s.t.Cleanup(b.quiet)
	return b
}

// note keeps what the page complains about.
func (b *browser) note(event any) {
	text := ""
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || strings.Contains(e.Entry.Text, "Content Security Policy") {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			for _, a := range e.Args {
				text += string(a.Value) + a.Description + " "
			}
		}
	}
	if text != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wrong = append(b.wrong, text)
	}
}

// quiet wants a console without complaint.
func (b *browser) quiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.t.Errorf("the browser complains: %s", w)
	}
}

// forgive drops the complaints so far: an answer of 404 is one.
func (b *browser) forgive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = nil
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at string
		_ = chromedp.Run(b.ctx, chromedp.Location(&at))
		b.shot("failed")
		b.t.Fatalf("at %s: %v", at, err)
	}
}

// open loads a page and waits until its charts are drawn.
func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site.url+path), chromedp.WaitReady("body"))
	b.drawn()
}

// drawn waits until every part of the page that comes later is there, and every
// chart is drawn.
func (b *browser) drawn() {
	b.t.Helper()
	b.until(`document.querySelector('[hx-trigger="load"]') === null && [...document.querySelectorAll('[data-chart]')].every(e => e.dataset.drawn === 'yes' && e.querySelector('canvas'))`)
}

// until waits for a condition in the page. Asking fails while the page is
// being replaced by another, so a failure only means to ask again.
func (b *browser) until(condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		holds := false
		if err = chromedp.Run(ctx, chromedp.Evaluate("Boolean("+condition+")", &holds)); err == nil && holds {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	b.shot("failed")
	b.t.Fatalf("this never held: %s (%v)", condition, err)
}

func (b *browser) text(selector string) (out string) {
	b.t.Helper()
	b.do(chromedp.TextContent(selector, &out, chromedp.ByQuery))
	return strings.Join(strings.Fields(out), " ")
}

func (b *browser) eval(expression string, out any) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, out))
}

// click clicks what would lead to another page and waits for that one.
func (b *browser) follow(selector string) {
	b.t.Helper()
	b.eval(`document.documentElement.dataset.old = 'yes'; true`, nil)
	b.do(chromedp.Click(selector, chromedp.ByQuery))
	b.until(`document.documentElement.dataset.old !== 'yes' && document.readyState === 'complete'`)
	b.drawn()
}

func (b *browser) signIn() {
	b.t.Helper()
	b.choose("en", "")
	b.open("/sign-in")
	b.do(chromedp.SendKeys("#email", email), chromedp.SendKeys("#password", password))
	b.follow("form.sign button")
	if got := b.text("h1"); got != "My day" {
		b.t.Errorf("sign-in leads to %q", got)
	}
	b.open("/")
}

// shot leaves a picture of the whole page when FAROL_SHOTS names a folder.
func (b *browser) shot(name string) {
	folder := os.Getenv("FAROL_SHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		b.t.Logf("no picture %s: %v", name, err)
		return
	}
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)); err != nil {
		b.t.Logf("no picture %s: %v", name, err)
	}
}

// send posts one event with a source's key, as curl would.
func (s *site) send(key, body string) {
	s.t.Helper()
	req, err := http.NewRequest("POST", s.url+"/v1/track", strings.NewReader(body))
	s.check(err)
	req.SetBasicAuth(key, "")
	res, err := http.DefaultClient.Do(req)
	s.check(err)
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("the event was answered %d: %s", res.StatusCode, text)
	}
}

func (b *browser) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// fits wants no page wider than the window.
func (b *browser) fits(page string) {
	b.t.Helper()
	var over int
	b.eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over)
	if over > 0 {
		var who string
		b.eval(`[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.table-box, pre, .tabs')).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ')`, &who)
		b.t.Errorf("%s is %d pixels wider than the window: %s", page, over, who)
	}
}

func name(parts ...string) string {
	return strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(fmt.Sprint(strings.Join(parts, "-"))), "-")
}
