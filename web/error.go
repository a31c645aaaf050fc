package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// errorPage says what went wrong and what to do about it.
type errorPage struct {
	shell
	Status int
	// Text is what a person may read of the error.
	Text string
	// Request is the id to give to whoever runs the server, "" when the
	// error is the visitor's to mend.
	Request string
}

// failures maps what a caller can do about an error to the answer.
var failures = map[farol.ErrorKind]struct {
	status int
	title  lang.Text
}{
	farol.Invalid:      {http.StatusBadRequest, lang.Text("This address does not read well")},
	farol.NotFound:     {http.StatusNotFound, lang.Text("There is nothing here")},
	farol.Conflict:     {http.StatusConflict, lang.Text("Somebody was faster")},
	farol.Unauthorized: {http.StatusUnauthorized, lang.Text("Please sign in")},
	farol.Forbidden:    {http.StatusForbidden, lang.Text("This is not for your role")},
	farol.Busy:         {http.StatusServiceUnavailable, lang.Text("Too much at once")},
	farol.Internal:     {http.StatusInternalServerError, lang.Text("Something went wrong on our side")},
}

// showError answers with the page of the error.
func (s *server) showError(v *visit, err error) {
	if errors.Is(err, errSignIn) {
		s.sendToDoor(v)
		return
	}
	if errors.Is(err, context.Canceled) && v.r.Context().Err() != nil {
		return // Nobody is waiting for the answer.
	}
	kind := farol.KindOf(err)
	f := failures[kind]
	p := errorPage{shell: v.shell(f.title), Status: f.status, Text: v.wrong(err)}
	if kind == farol.Internal {
		p.Request = v.id
		s.Log.Error("a page failed", "request", v.id, "path", written(v.r.URL.Path), "error", err)
	}
	if kind == farol.Busy {
		v.w.Header().Set("Retry-After", "5")
	}
	block := "layout"
	switch {
	case v.fragment():
		block = "content"
	case v.member == nil:
		block = "bare"
	}
	if err := s.send(v, f.status, "error", block, p); err != nil {
		s.Log.Error("the error page failed", "request", v.id, "error", err)
		http.Error(v.w, "Internal error "+v.id, http.StatusInternalServerError)
	}
}

// sendToDoor leads a stranger to the sign-in page, or to the set-up page
// while there is no team; htmx is told to load it as a page.
func (s *server) sendToDoor(v *visit) {
	to := "/sign-in"
	if some, err := s.Store.HasMembers(v.r.Context()); err == nil && !some {
		to = "/setup"
	} else if v.r.Method == http.MethodGet && v.r.URL.Path != "/" && !v.fragment() {
		to += "?" + url.Values{"next": {v.r.URL.RequestURI()}}.Encode()
	}
	if v.fragment() {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// nowhere answers every path that has no page.
func (s *server) nowhere(v *visit) error {
	return farol.Errorf(farol.NotFound, "No page has this address.")
}

// refuseForeign answers a write that another site's page tried to send.
func (s *server) refuseForeign(w http.ResponseWriter, r *http.Request) {
	v := s.begin(w, r)
	s.Log.Warn("refused a write from another site", "request", v.id, "path", written(r.URL.Path), "origin", r.Header.Get("Origin"))
	s.showError(v, farol.Errorf(farol.Forbidden, "This form was sent from another site's page."))
}
