// Package web is the pages: server-rendered HTML over the readers of the
// floors below. A page is three siblings, overview.go (typed data and what it
// does), overview.html (its blocks are also the fragments that htmx asks
// for) and overview_test.go, plus its lines in routes.go.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/truth"
)

// Config is what the pages stand on.
type Config struct {
	Store   *store.Store
	Facts   *facts.Facts
	Metrics *metric.Reader
	// Truth compares with what was planted; nil when the company is no demo.
	Truth *truth.Checker
	// Log receives failures and refused requests; nil discards them.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// BaseURL is the address that people and SDKs reach the server at, such
	// as "https://farol.example.com"; "" takes each request's own.
	BaseURL string
	// Customers is the directory of accounts; nil makes one.
	Customers *customer.Directory
	// Desks takes tickets in, Book holds them; nil makes them.
	Desks *desk.Desks
	Book  *desk.Book
	// Segments is what is done with segments; nil makes one over Customers.
	Segments *customer.Segments
	// OIDC is the provider at which members sign in, besides passwords; nil for
	// none.
	OIDC *OIDC
	// Mail sends a plain message; nil when no mail is configured.
	Mail func(ctx context.Context, to, subject, text string) error
	// Saved is called after a member changed a setting, so that what works
	// by it can read it again at once; nil calls nothing.
	Saved func(ctx context.Context)
}

// server is the configured pages.
type server struct {
	Config
	templates templates
	working   working
	assets    *assets
	glossary  *glossary.Glossary
}

// New is the handler of every page and static file. It answers all paths, so
// it is to be mounted at "/" beside the other doors of the program.
func New(c Config) *Site {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Saved == nil {
		c.Saved = func(context.Context) {}
	}
	if c.Customers == nil {
		c.Customers = customer.New(c.Facts, c.Now)
		c.Customers.SetCompute(c.Metrics.AccountValues)
	}
	if c.Desks == nil {
		c.Desks = &desk.Desks{Store: c.Store, Facts: c.Facts, Customers: c.Customers, Log: c.Log, Now: c.Now}
	}
	if c.Book == nil {
		c.Book = desk.NewBook(c.Facts, c.Now)
	}
	if c.Segments == nil {
		c.Segments = &customer.Segments{Store: c.Store, Facts: c.Facts, Metrics: c.Metrics.Catalogue(), Customers: c.Customers, Now: c.Now, Log: c.Log}
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	s := &server{Config: c, assets: loadAssets()}
	var err error
	if s.glossary, err = glossary.Load(); err != nil {
		panic(err) // it is compiled in, and tested
	}
	s.templates = parseTemplates(s.assets)
	return &Site{s.secured(s.routes()), s}
}

// policy lets a page load from this server only and run no inline script: a
// text that slipped through escaping would still do nothing. Charts set
// styles through the CSSOM, which a policy does not govern.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secured sets the headers that every answer carries and refuses writes that
// another site's page sends (Fetch metadata, else the Origin header).
func (s *server) secured(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.BaseURL); err == nil && u.Scheme != "" {
		// Behind a proxy the Host header may not be what the browser sees.
		_ = guard.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	guard.SetDenyHandler(http.HandlerFunc(s.refuseForeign))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if s.https(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		guard.Handler(next).ServeHTTP(w, r)
	})
}

// https tells whether the browser speaks TLS, here or at a proxy before us.
func (s *server) https(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(s.BaseURL, "https://") || r.Header.Get("X-Forwarded-Proto") == "https"
}

// base is the address that SDKs should send to.
func (s *server) base(r *http.Request) string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	scheme := "http://"
	if s.https(r) {
		scheme = "https://"
	}
	return scheme + r.Host
}
