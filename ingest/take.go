package ingest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// segment lists the paths of Segment's libraries.
func (h *Handler) segment() []route {
	routes := []route{
		{http.MethodPost, "v1/batch", h.take("")},
		{http.MethodPost, "v1/b", h.take("")}, // analytics.js when it batches
		{http.MethodPost, "v1/import", h.take("")},
		{http.MethodPost, "v1/m", h.selfMetrics},
		{http.MethodGet, "v1/projects/{key}/settings", h.settings},
		{http.MethodGet, "analytics.js/v1/{key}/analytics.min.js", h.library},
		{http.MethodGet, "v1/pixel/{method}", h.pixel},
	}
	for _, k := range farol.Kinds {
		routes = append(routes,
			route{http.MethodPost, "v1/" + string(k), h.take(k)},
			route{http.MethodPost, "v1/" + string(k[0]), h.take(k)}) // analytics.js
	}
	return routes
}

// rudderStack lists what RudderStack's libraries ask for besides.
func (h *Handler) rudderStack() []route {
	return []route{
		{http.MethodGet, "sourceConfig", h.sourceConfig},
		{http.MethodPost, "beacon/v1/batch", h.take("")},
	}
}

// take serves a path that takes events: of the kind, or of any when it is "".
func (h *Handler) take(kind farol.Kind) func(http.ResponseWriter, *http.Request, string) int {
	return func(w http.ResponseWriter, r *http.Request, _ string) int {
		if wait := h.byAddress.wait(h.c.Address(r), h.c.Now()); wait > 0 {
			return failLater(w, http.StatusTooManyRequests, "too many requests from this address", wait)
		}
		raw, err := h.read(w, r)
		call := Call{
			Kind: kind, Received: h.c.Now(), Limits: h.c.Limits,
			SentAt: r.Header.Get("SentAt"), Retried: retried(r.Header),
		}
		if err == errTooLarge || err == errGzip { // and not that its sender has gone
			return h.unreadable(w, r, call, nil, err)
		} else if err != nil {
			return h.fault(w, r, err)
		}
		body, err := Parse(raw, call)
		if err != nil {
			return h.unreadable(w, r, call, raw, err)
		}
		if err := h.store(r, &body); err != nil {
			return h.fault(w, r, err)
		}
		return accepted(w, body)
	}
}

// retried tells whether a library says that it sends this again.
func retried(h http.Header) bool {
	for _, name := range []string{"X-Retry-Count", "Rsa-Retry-Attempt"} {
		if n := h.Get(name); n != "" && n != "0" {
			return true
		}
	}
	return false
}

// tooMany is the refusal of a key that sends too often.
type tooMany struct{ wait time.Duration }

func (t *tooMany) Error() string { return "too many requests with this key" }

// source finds whose key the request or its body carries, and counts the
// request against it.
func (h *Handler) source(r *http.Request, bodyKey string) (farol.SourceID, error) {
	candidates := append([]string{headKey(r), plainKey(bodyKey)}, restKeys(r)...)
	source, err := h.find(r.Context(), candidates...)
	if err != nil {
		return "", err
	}
	if wait := h.byKey.wait(string(source), h.c.Now()); wait > 0 {
		return "", &tooMany{wait}
	}
	return source, nil
}

// store gives the body's events to their source and makes them durable.
func (h *Handler) store(r *http.Request, body *Body) error {
	source, err := h.source(r, body.Key)
	if err != nil {
		return err
	}
	for i := range body.Batch.Events {
		body.Batch.Events[i].Source = source
	}
	for i := range body.Batch.Rejected {
		body.Batch.Rejected[i].Source = source
	}
	return h.append(r, body.Batch)
}

// append commits the batch. A sender that hangs up does not undo it: a page
// that closes sends its last events and is gone.
func (h *Handler) append(r *http.Request, b facts.Batch) error {
	if len(b.Events)+len(b.Rejected) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.c.Limits.Commit)
	defer cancel()
	receipt, err := h.c.Facts.Append(ctx, b)
	if err != nil {
		return err
	}
	h.count.events(receipt, len(b.Rejected))
	return nil
}

// unreadable answers a body that is no JSON, and keeps its beginning among
// the rejected events for the developer to see, when it is known whose it is.
// A key that may be within such a body is not called missing.
func (h *Handler) unreadable(w http.ResponseWriter, r *http.Request, call Call, raw []byte, why error) int {
	source, err := h.source(r, "")
	if errors.Is(err, errKey) && !keyed(r) && (raw == nil || bytes.Contains(raw, []byte(`"writeKey"`))) {
		return h.fault(w, r, why)
	}
	if err != nil {
		return h.fault(w, r, err)
	}
	rejected := facts.Rejected{
		Received: call.Received, Source: source, Kind: string(call.Kind), Reason: why.Error(), Body: excerpt(raw),
	}
	if err := h.append(r, facts.Batch{Rejected: []facts.Rejected{rejected}}); err != nil {
		h.log(r, err)
	}
	return h.fault(w, r, why)
}

// fault answers an error. What is no refusal is our fault, and brief, we
// hope: 503 makes every library come again.
func (h *Handler) fault(w http.ResponseWriter, r *http.Request, err error) int {
	var no *refusal
	if errors.As(err, &no) {
		return fail(w, no.status, no.text)
	}
	var busy *tooMany
	if errors.As(err, &busy) {
		return failLater(w, http.StatusTooManyRequests, busy.Error(), busy.wait)
	}
	h.log(r, err)
	// Spread, lest all come again in the same second.
	delay := time.Duration(1+rand.IntN(4)) * time.Second
	return failLater(w, http.StatusServiceUnavailable, "the server cannot take events at the moment", delay)
}

func (h *Handler) log(r *http.Request, err error) {
	level := slog.LevelError
	if farol.KindOf(err) == farol.Busy {
		level = slog.LevelDebug // the counters tell how often
	}
	h.c.Log.Log(r.Context(), level, "events not taken", "path", r.URL.Path, "error", err)
}

// success is the body of 200. Libraries look at the status alone; the rest
// is for the developer who tries it by hand.
type success struct {
	Success  bool     `json:"success"`
	Rejected []reason `json:"rejected,omitempty"`
}

type reason struct {
	Index  int    `json:"index"`
	ID     string `json:"messageId,omitempty"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// maxReasons bounds the list of rejected events in an answer.
const maxReasons = 100

var plainSuccess = []byte(`{"success":true}`)

func accepted(w http.ResponseWriter, b Body) int {
	if len(b.Where) == 0 {
		return send(w, http.StatusOK, "application/json; charset=utf-8", plainSuccess)
	}
	s := success{Success: true}
	for i, r := range b.Batch.Rejected[:min(len(b.Where), maxReasons)] {
		s.Rejected = append(s.Rejected, reason{b.Where[i], r.ID, r.Field, r.Reason})
	}
	return reply(w, http.StatusOK, s)
}

// selfMetrics takes what analytics.js says of itself, and drops it.
func (h *Handler) selfMetrics(w http.ResponseWriter, r *http.Request, _ string) int {
	if wait := h.byAddress.wait(h.c.Address(r), h.c.Now()); wait > 0 {
		return failLater(w, http.StatusTooManyRequests, "too many requests from this address", wait)
	}
	if _, err := h.read(w, r); err != nil {
		return h.fault(w, r, err)
	}
	return send(w, http.StatusOK, "application/json; charset=utf-8", plainSuccess)
}
