package ingest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// allowOrigin lets a page of any origin read the answer, refusals included:
// keys that browsers see may only write, and no cookie is ever looked at.
func allowOrigin(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		// Without this a page cannot see how long it should wait.
		h.Set("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Reset")
	}
}

// preflight answers OPTIONS. The headers asked for are echoed: libraries add
// one per kind of retry, and a list would break on the next.
func preflight(w http.ResponseWriter, r *http.Request) int {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Add("Vary", "Access-Control-Request-Headers")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true") // a page on the internet, a server on the intranet
	}
	h.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
	return http.StatusNoContent
}

// failure is the body of every answer that is not 200.
type failure struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

func fail(w http.ResponseWriter, status int, text string) int {
	return reply(w, status, failure{Message: text})
}

// failLater asks the sender to come again after the delay. Whole seconds are
// the only form of Retry-After that all libraries read. X-RateLimit-Reset is
// not sent: some take it for a delay and some for an instant.
func failLater(w http.ResponseWriter, status int, text string, delay time.Duration) int {
	seconds := max(1, int(math.Ceil(delay.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return fail(w, status, text)
}

func reply(w http.ResponseWriter, status int, v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types
	}
	return send(w, status, "application/json; charset=utf-8", b)
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) int {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the sender has gone; there is nobody to tell
	return status
}

// refusal is the answer to a request that is not served: a status, and a text
// for the developer who looks at it.
type refusal struct {
	status int
	text   string
}

// refuse makes a refusal. Its text is kept beside the body's beginning where
// people see it, so it is in the catalogue of translations.
func refuse(status int, text string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(text, args...)}
}

func (r *refusal) Error() string { return r.text }
