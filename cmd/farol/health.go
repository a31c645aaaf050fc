package main

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// health answers the probes. Live is "the process answers"; ready is "the
// engines are open, requests are served, and it is not stopping".
type health struct {
	ready atomic.Bool
	check func(context.Context) error
}

func (h *health) healthz(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) }

func (h *health) readyz(w http.ResponseWriter, r *http.Request) {
	if !h.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	if err := h.check(r.Context()); err != nil {
		http.Error(w, "the state does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

// operators lets through requests from this machine, or with the token.
func operators(token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		// A proxy in front makes every address this machine's: what it
		// forwards for somebody else is not an operator's request.
		local := net.ParseIP(host).IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
		if !(token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1) && !(token == "" && local) {
			http.Error(w, "for operators only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
