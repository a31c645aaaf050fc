package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
)

// statuses says how each kind of error is answered. Invalid is 422, as huma
// answers what it finds itself.
var statuses = map[farol.ErrorKind]int{
	farol.Invalid:      http.StatusUnprocessableEntity,
	farol.NotFound:     http.StatusNotFound,
	farol.Conflict:     http.StatusConflict,
	farol.Unauthorized: http.StatusUnauthorized,
	farol.Forbidden:    http.StatusForbidden,
	farol.Busy:         http.StatusServiceUnavailable,
}

// problem is the document of an error; in is what goes before a field's name
// ("query." or "body."). An error that is not for people is logged.
func (s *server) problem(ctx context.Context, operation, in string, err error) *huma.ErrorModel {
	var e *farol.Error
	if !errors.As(err, &e) || e.Kind == farol.Internal {
		if ctx.Err() == nil { // else the caller has gone
			s.Log.ErrorContext(ctx, "the API failed", "operation", operation, "error", err)
		}
		return newProblem(http.StatusInternalServerError, "this is our fault; the server's log says more")
	}
	status, ok := statuses[e.Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	p := newProblem(status, e.Error())
	if e.Field != "" {
		bare := *e
		bare.Field = ""
		p.Errors = []*huma.ErrorDetail{{Message: bare.Error(), Location: in + e.Field}}
	}
	return p
}

func newProblem(status int, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
}

// guarded answers what goes wrong outside the operations with problems, too,
// and keeps answers out of caches.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.Log.ErrorContext(r.Context(), "the API panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			writeProblem(w, newProblem(http.StatusInternalServerError, "this is our fault; the server's log says more"))
		}()
		next.ServeHTTP(w, r)
	})
}

// everything is the pattern of what no operation matches.
const everything = "/"

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// nowhere tells an unknown path from a wrong method.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range methods {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := s.mux.Handler(other); pattern != everything {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, "here are only "+strings.Join(allowed, ", ")))
		return
	}
	writeProblem(w, newProblem(http.StatusNotFound, "there is nothing here; see "+root+"/openapi.json"))
}

func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// Nobody is left to tell when the connection is gone.
	_ = json.NewEncoder(w).Encode(p)
}
