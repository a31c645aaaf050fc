// Package ingest is the tracking API: what Segment's and RudderStack's own
// libraries send, they can send here with nothing changed but the address.
//
// A request is read, its key looked up, its body parsed by pure code into
// events, and the events appended to the facts; it is answered 200 only when
// they are durable. One wrong event never fails its batch: it is kept in the
// list of rejected events with its reason, and the rest is taken. What cannot
// be taken now is answered so that the libraries come again: 429 and 503 with
// Retry-After, never a 4xx for a fault of ours, and never a redirect, which
// libraries follow as a GET without a body and report as delivered.
//
// A protocol is one file that turns a body into farol.Events and lists its
// paths: segment.go is the one of Segment and RudderStack.
package ingest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what the tracking API needs.
type Config struct {
	Facts *facts.Facts
	// Source tells whose key it is. A NotFound, Unauthorized, Forbidden or
	// Invalid error says that the key may not write; any other error is an
	// outage, which the sender sits out. It is asked for each request.
	Source func(ctx context.Context, key string) (farol.SourceID, error)
	// PublicURL is the address by which browsers reach the server
	// ("https://farol.example"); "" takes it from each request.
	PublicURL string
	// Address tells who sends a request, for the rate limit; nil takes the
	// peer's address, or the one that a proxy on this machine tells.
	Address func(*http.Request) string
	// Log receives faults of ours, never bodies or keys; nil discards.
	Log *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Metrics receives the counters; nil keeps none.
	Metrics prometheus.Registerer
	Limits  Limits
}

// Limits bound what one sender may do. A zero field takes its default; sizes
// are in bytes.
type Limits struct {
	// Event is the largest event, as sent: 32 KiB.
	Event int
	// Depth is how deep objects and arrays may nest in an event: 64.
	Depth int
	// Body is the largest body, unpacked: 1 MiB, twice what any library sends.
	Body int
	// Events is how many events a body may hold: 10,000, four times what
	// Segment takes.
	Events int
	// Read is how long a body may take to arrive: 10 s.
	Read time.Duration
	// Commit is how long an answer may wait for the facts: 8 s, below the
	// 10 s after which every library hangs up and sends again.
	Commit time.Duration
	// KeyRate and AddressRate are requests a second, sustained, of one key
	// and of one address: 10,000 each, in bursts of twice as many. Negative is
	// no limit.
	KeyRate, AddressRate float64
}

func (l Limits) orDefault() Limits {
	fill(&l.Event, 32<<10)
	fill(&l.Depth, 64)
	fill(&l.Body, 1<<20)
	fill(&l.Events, 10_000)
	fill(&l.Read, 10*time.Second)
	fill(&l.Commit, 8*time.Second)
	fill(&l.KeyRate, 10_000)
	fill(&l.AddressRate, 10_000)
	return l
}

func fill[T comparable](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

// Handler serves the paths of the tracking API.
type Handler struct {
	c         Config
	routes    routes
	byKey     *rates
	byAddress *rates
	count     counters
}

// New makes the handler. Put it in front of any ServeMux with Front: a mux
// redirects, which loses events.
func New(c Config) *Handler {
	c.Limits = c.Limits.orDefault()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return farol.Peer(r.RemoteAddr, r.Header.Values("X-Forwarded-For")) }
	}
	h := &Handler{c: c, count: newCounters(c.Metrics)}
	h.byKey, h.byAddress = newRates(c.Limits.KeyRate), newRates(c.Limits.AddressRate)
	h.routes = newRoutes(h.segment(), h.rudderStack())
	return h
}

// Front serves the paths of the tracking API itself and gives all others to
// next.
func (h *Handler) Front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.routes.mine(r.URL.Path) {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP answers a path of the tracking API, and 404 to any other.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := h.c.Now()
	status := h.answer(w, r)
	h.count.request(status, h.c.Now().Sub(began))
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) (status int) {
	allowOrigin(w.Header(), r)
	if r.Method == http.MethodOptions {
		return preflight(w, r)
	}
	route, rest := h.routes.find(r.URL.Path)
	switch {
	case route == nil:
		return fail(w, http.StatusNotFound, "no such path in the tracking API")
	case !route.allows(r.Method):
		w.Header().Set("Allow", route.method+", OPTIONS")
		return fail(w, http.StatusMethodNotAllowed, "this path takes "+route.method)
	}
	return route.serve(w, r, rest)
}
