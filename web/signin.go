package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// signInPage asks for e-mail and password.
type signInPage struct {
	shell
	refusal
	Email, Next string
	// Provider is the name of the OpenID provider, "" for none; NoPassword
	// tells that only admins use passwords here.
	Provider   string
	NoPassword bool
}

// signInPage is the empty page.
func (s *server) signInPage(v *visit) signInPage {
	p := signInPage{shell: v.shell(lang.Text("Sign in"))}
	if s.OIDC != nil {
		p.Provider, p.NoPassword = s.OIDC.Name, s.OIDC.Only
	}
	return p
}

// home is where a member begins.
const home = "/my-day"

func (s *server) signIn(v *visit) error {
	if v.member != nil {
		return v.redirect(home)
	}
	some, err := s.Store.HasMembers(v.r.Context())
	if err != nil {
		return err
	}
	if !some {
		return v.redirect("/setup")
	}
	p := s.signInPage(v)
	p.Next = v.r.URL.Query().Get("next")
	return s.send(v, http.StatusOK, "signin", "bare", p)
}

func (s *server) doSignIn(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	member, token, err := s.Store.SignIn(v.r.Context(), f.Get("email"), f.Get("password"), v.address(), v.r.UserAgent())
	if err == nil && s.OIDC != nil && s.OIDC.Only && member.Role != store.Admin {
		// The password was right and still does not count: end what it began.
		session, _, err2 := s.Store.SessionOf(v.r.Context(), token)
		if err2 == nil {
			err2 = s.Store.EndSession(v.r.Context(), member.ID, session.ID)
		}
		if err2 != nil {
			return err2
		}
		err = farol.Errorf(farol.Unauthorized, "sign in with %s here", s.OIDC.Name)
	}
	if err != nil {
		return s.signInRefused(v, f, err)
	}
	v.member = &member // for the audit log
	s.cookie(v, sessionCookie, token, store.SessionMax)
	if lang.Code(member.Language).Valid() {
		s.cookie(v, languageCookie, member.Language, store.SessionMax)
	}
	return v.redirect(localPath(cmp.Or(f.Get("next"), home)))
}

func (s *server) signInRefused(v *visit, f url.Values, err error) error {
	refused, ok := v.refuse(err)
	if !ok {
		return err
	}
	status := http.StatusUnprocessableEntity
	if farol.KindOf(err) == farol.Busy {
		status = http.StatusTooManyRequests
		v.w.Header().Set("Retry-After", "60")
	}
	s.Log.Info("a sign-in was refused", "request", v.id, "address", v.address(), "reason", farol.KindOf(err))
	p := s.signInPage(v)
	p.refusal, p.Email, p.Next = refused, f.Get("email"), f.Get("next")
	return s.send(v, status, "signin", "bare", p)
}

func (s *server) signOut(v *visit) error {
	if v.member != nil {
		if err := s.Store.EndSession(v.r.Context(), v.member.ID, v.session.ID); err != nil && farol.KindOf(err) != farol.NotFound {
			return err
		}
	}
	s.cookie(v, sessionCookie, "", -1)
	return v.redirect("/sign-in")
}
