package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// visit is one request on its way to a page.
type visit struct {
	w http.ResponseWriter
	r *http.Request
	// id names the request in the log and on the error page.
	id string
	p  *lang.Printer
	// member is nil for a stranger.
	member  *store.Member
	session store.Session
	company company
	now     time.Time
	pattern string
	// exported tells that data were taken out.
	exported bool
	// sheet is the table that was taken out, nil for none.
	sheet *sheet
	// silences are the sources that are silent, once somebody asked.
	silences silences
	// demo tells that the company was made up, so that its truth is known.
	demo bool
	// past is the end of what the page looks at, zero for now, and clocks are
	// the parameters that say so.
	past   time.Time
	clocks url.Values
	// attributes lists those that accounts have.
	attributes func(context.Context) ([]string, error)
	// segments are those that the member may see.
	segments func(context.Context) (segment.Book, error)
	// works lists the long computations under way.
	works func() []workLine
	// told counts the member's notices, and finds what can be taken back.
	told func(undo string) (int, *store.Undo)
}

const (
	sessionCookie  = "farol_session"
	languageCookie = "farol_language"
	themeCookie    = "farol_theme"
)

// page wraps a route: who is it, may they, and what to show when it fails.
func (s *server) page(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answerRecorder{ResponseWriter: w}
		v := s.begin(answer, r)
		v.pattern = rt.pattern
		defer func() { s.audit(v, rt, answer.status) }()
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.Error("a page panicked", "request", v.id, "path", written(r.URL.Path), "panic", p, "stack", string(debug.Stack()))
				s.showError(v, errors.New("panic"))
			}
		}()
		if err := s.admit(v, rt); err != nil {
			s.showError(v, err)
			return
		}
		if to, ok := s.unasked(v); ok {
			http.Redirect(v.w, r, to, http.StatusFound)
			return
		}
		if err := rt.do(s, v); err != nil {
			s.showError(v, err)
		}
	})
}

// begin learns what is known of the visitor; nothing here fails the request.
func (s *server) begin(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{w: w, r: r, id: uuid.NewString(), now: s.Now(), demo: s.Truth != nil, attributes: s.Facts.Attributes, segments: s.Segments.Seen}
	v.works = func() []workLine { return s.works(v) }
	v.told = func(undo string) (int, *store.Undo) { return s.told(v, undo) }
	w.Header().Set("X-Request-Id", v.id)
	w.Header().Set("Cache-Control", "private, no-store")
	code := lang.Match(r.Header.Get("Accept-Language"))
	if c, err := r.Cookie(languageCookie); err == nil && lang.Code(c.Value).Valid() {
		code = lang.Code(c.Value)
	}
	v.p = lang.For(code)
	v.company = s.company(r.Context())
	return v
}

// at is the instant that the page looks at.
func (v *visit) at() time.Time {
	if v.past.IsZero() {
		return v.now
	}
	return v.past
}

// today is the company's day of it.
func (v *visit) today() farol.Day { return v.company.calendar().Today(v.at()) }

var errSignIn = errors.New("sign in first")

// admit finds the member of the session and holds it against the route.
func (s *server) admit(v *visit, rt route) error {
	if c, err := v.r.Cookie(sessionCookie); err == nil {
		session, member, err := s.Store.SessionOf(v.r.Context(), c.Value)
		switch {
		case err == nil:
			v.session, v.member = session, &member
		case farol.KindOf(err) != farol.Unauthorized:
			return err
		}
	}
	if v.member != nil && lang.Code(v.member.Language).Valid() {
		v.p = lang.For(lang.Code(v.member.Language))
	}
	switch {
	case rt.who.open():
		return nil
	case v.member == nil:
		return errSignIn
	case !rt.who.allows(v.member.Role):
		return farol.Errorf(farol.Forbidden, "Your role may not do this.")
	}
	return s.look(v)
}

// look puts into the context of the request what its member may see, which all
// that is read with the context then applies: a page passes v.r.Context() on
// and looks up what its address names (see package sight).
func (s *server) look(v *visit) error {
	p, err := s.Store.PortfolioOf(v.r.Context(), *v.member)
	if err != nil {
		return err
	}
	of, err := s.Customers.Sight(v.r.Context(), s.Store, s.Metrics.Catalogue(), p)
	if err != nil {
		return err
	}
	if of != nil {
		v.r = v.r.WithContext(sight.With(v.r.Context(), of))
	}
	return nil
}

// address is the client's IP address, for throttling and the audit log.
func (v *visit) address() string {
	return farol.Peer(v.r.RemoteAddr, v.r.Header.Values("X-Forwarded-For"))
}

// fragment tells whether htmx asks for a part of the page.
func (v *visit) fragment() bool { return v.r.Header.Get("HX-Request") == "true" }

// view reads what the page is to look at from the address, and notes the
// attributes of the segment that no customer has: they are spelt wrong, most
// likely, and an empty page would not say so.
func (v *visit) view() (*view, error) { return v.viewOf(v.r.URL.Query()) }

// clock reads the two clocks alone, for a page whose other parameters are no
// view's.
func (v *visit) clock() (*view, error) {
	q := v.r.URL.Query()
	return v.viewOf(url.Values{"as_of": q["as_of"], "known": q["known"]})
}

func (v *visit) viewOf(q url.Values) (*view, error) {
	look, err := readView(q, v.company.calendar(), v.now)
	if err != nil {
		return nil, err
	}
	v.past, v.clocks = look.Instant(), url.Values{}
	for _, k := range []string{"as_of", "known"} {
		if x := look.given.Get(k); x != "" {
			v.clocks.Set(k, x)
		}
	}
	if len(look.Filters) == 0 {
		return look, nil
	}
	known, err := v.attributes(v.r.Context())
	if err != nil {
		return nil, err
	}
	if look.Book, err = v.segments(v.r.Context()); err != nil {
		return nil, err
	}
	if err := look.Book.CheckFilters(look.Filters); err != nil {
		return nil, err
	}
	for _, f := range look.Filters {
		// Marks are kept by Farol: nobody spells them in events.
		name := strings.TrimPrefix(f.Attribute, facts.NowPrefix)
		if name != "account" && !strings.HasPrefix(name, "$") && !slices.Contains(known, name) {
			look.Unknown = append(look.Unknown, name)
		}
	}
	return look, nil
}

// redirect answers 303, so that a reload does not post again.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// done redirects with the name of what was done, which the page then says.
func (v *visit) done(to, what string) error {
	return v.redirect(to + "?" + url.Values{"done": {what}}.Encode())
}

// cookie sets a cookie that scripts cannot read and other sites' forms do
// not carry. age 0 lasts until the browser closes, negative deletes.
func (s *server) cookie(v *visit, name, value string, age time.Duration) {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.https(v.r),
		MaxAge: int(age / time.Second),
	}
	if age < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

// localPath keeps a redirect on this server: anything else becomes "/".
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// send renders into a buffer and writes once, so that a template that fails
// becomes an error page and never half a page.
func (s *server) send(v *visit, status int, page, block string, data any) error {
	var b bytes.Buffer
	if err := s.templates.run(&b, v.p.Code(), page, block, data); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Add("Vary", "Cookie, HX-Request")
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(b.Bytes()) // A browser that left is nobody's error.
	}
	return nil
}
