package bench

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// company is a company in a folder of its own, whose engines close with the
// benchmark.
type company struct {
	store *store.Store
	facts *facts.Facts
}

// newCompany makes one; file keeps its facts beyond the benchmark, "" does not.
func newCompany(b *testing.B, zone *time.Location, file string) company {
	b.Helper()
	ctx, dir := context.Background(), b.TempDir()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "state.db"), time.Now)
	must(b, err)
	b.Cleanup(func() { s.Close() })
	_, err = s.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.CompanyName, Author: "system",
		Body: metric.CompanyDocument{Name: "Bench", Zone: zone.String(), WeekStart: "monday", Currency: "BRL"}})
	must(b, err)
	f, err := facts.Open(ctx, facts.Config{Path: cmp.Or(file, filepath.Join(dir, "facts.duckdb")), Zone: zone})
	must(b, err)
	b.Cleanup(func() { f.Close() })
	return company{s, f}
}

// factsIn is the file of facts in a folder that a flag names, "" for none.
func factsIn(folder, name string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, name+".duckdb")
}

// reader reads metrics with the company's settings as they are now.
func (c company) reader(b *testing.B) *metric.Reader {
	b.Helper()
	set, err := metric.ReadSettings(context.Background(), c.store)
	must(b, err)
	catalogue, err := metric.Load()
	must(b, err)
	return metric.New(catalogue, c.facts, func() metric.Settings { return set })
}

// member is somebody who is signed in to the pages.
type member struct {
	pages http.Handler
	token string
}

func (c company) signIn(b *testing.B, pages http.Handler) member {
	b.Helper()
	ctx := context.Background()
	const email, password = "bench@example.com", "a long enough password"
	_, err := c.store.AddFirstMember(ctx, store.NewMember{Email: email, Name: "Bench", Password: password, Language: "en"})
	must(b, err)
	_, token, err := c.store.SignIn(ctx, email, password, "127.0.0.1", "bench")
	must(b, err)
	return member{pages, token}
}

// open reads a page, and tells how long the server took.
func (m member) open(path string) (*httptest.ResponseRecorder, time.Duration) {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.AddCookie(&http.Cookie{Name: "farol_session", Value: m.token})
	w := httptest.NewRecorder()
	begun := time.Now()
	m.pages.ServeHTTP(w, req)
	return w, time.Since(begun)
}
