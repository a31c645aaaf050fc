package ingest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
)

// cacheStartUp is how long browsers keep a start-up document: it steers the
// library, so a change must not take longer.
const cacheStartUp = "public, max-age=60"

type object map[string]any

// settings is the document that analytics.js asks for before it sends
// anything. It names this server as the place to send to, so that a page has
// to change one address only.
func (h *Handler) settings(w http.ResponseWriter, r *http.Request, key string) int {
	if _, err := h.find(r.Context(), plainKey(key)); errors.Is(err, errKey) {
		return fail(w, http.StatusNotFound, "the write key is unknown")
	} else if err != nil {
		return h.fault(w, r, err)
	}
	scheme, host := h.base(r)
	w.Header().Set("Cache-Control", cacheStartUp)
	return reply(w, http.StatusOK, object{
		"integrations": object{"Segment.io": object{
			"apiKey": key, "apiHost": host + "/v1", "protocol": scheme,
		}},
		"metrics": object{"sampleRate": 0},
	})
}

// base is the scheme of the server's address as a browser sees it, and what
// follows "://", without a slash at the end.
func (h *Handler) base(r *http.Request) (scheme, host string) {
	if u, err := url.Parse(h.c.PublicURL); err == nil && u.Host != "" {
		return u.Scheme, u.Host + strings.TrimRight(u.Path, "/")
	}
	scheme = "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme, r.Host
}

// library is where the snippet of analytics.js looks for the library itself,
// which we do not serve: pages bundle it, or load it from where they do now.
func (h *Handler) library(w http.ResponseWriter, _ *http.Request, _ string) int {
	return fail(w, http.StatusNotFound, "the library is not served here: bundle @segment/analytics-next")
}

// sourceConfig is the document that RudderStack's library asks for before it
// sends anything.
func (h *Handler) sourceConfig(w http.ResponseWriter, r *http.Request, _ string) int {
	var key string
	var source farol.SourceID
	err := error(errKey)
	for _, key = range append([]string{headKey(r)}, restKeys(r)...) {
		if source, err = h.find(r.Context(), key); err == nil {
			break
		}
	}
	if err != nil {
		return h.fault(w, r, err)
	}
	off := object{"enabled": false}
	w.Header().Set("Cache-Control", cacheStartUp)
	w.Header().Add("Vary", "Authorization")
	return reply(w, http.StatusOK, object{
		"source": object{
			"id": source, "name": source, "writeKey": key, "enabled": true, "workspaceId": "farol",
			"config":       object{"statsCollection": object{"errors": off, "metrics": off}},
			"destinations": []any{}, "dataplanes": object{},
		},
		"updatedAt": "2026-01-01T00:00:00.000Z",
	})
}
