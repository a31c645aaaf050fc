package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/farol-cs/farol/store"
)

// Site is the handler of every page and static file.
type Site struct {
	http.Handler
	server *server
}

// warmed are the pages whose figures are dear and which many open.
var warmed = []string{
	"/{$}", "/engagement", "/activation", "/adoption", "/retention", "/revenue", "/churn", "/voice", "/lifecycle", "/catalogue", "/glossary", "/customers",
}

// Warm makes the pages of figures as a member meets them who sees everything and
// has chosen nothing, so that what they are made of is kept when the first
// visitor comes. One page that fails does not keep the others from being made;
// the error names each.
func (x *Site) Warm(ctx context.Context) error {
	if x.server.Facts.LastKnown().IsZero() {
		return nil
	}
	var failed []error
	for _, rt := range routes {
		path := strings.TrimPrefix(rt.pattern, "GET ")
		if !slices.Contains(warmed, path) {
			continue
		}
		if err := x.server.open(ctx, rt, strings.TrimSuffix(path, "{$}")); err != nil {
			failed = append(failed, fmt.Errorf("page %s: %w", path, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(failed...)
}

// open runs a page for nobody.
func (s *server) open(ctx context.Context, rt route, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	v := s.begin(nowhere{}, r)
	v.pattern, v.member = rt.pattern, &store.Member{Role: store.Admin}
	return rt.do(s, v)
}

// nowhere is a response that nobody reads.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
