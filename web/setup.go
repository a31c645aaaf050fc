package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// setupPage makes the first admin and the company's settings, once: while
// the team is empty.
type setupPage struct {
	shell
	refusal
	Fields url.Values
	Zones  []string
}

// Get is a field's text.
func (p setupPage) Get(name string) string { return p.Fields.Get(name) }

// setupOpen tells whether the page may still be used.
func (s *server) setupOpen(v *visit) (bool, error) {
	some, err := s.Store.HasMembers(v.r.Context())
	return !some, err
}

func (s *server) setup(v *visit) error {
	open, err := s.setupOpen(v)
	if err != nil {
		return err
	}
	if !open {
		return v.redirect("/sign-in")
	}
	f := url.Values{}
	f.Set("company_language", string(v.p.Code()))
	f.Set("currency", "USD")
	if v.p.Code() == lang.Portuguese {
		f.Set("currency", "BRL")
		f.Set("zone", "America/Sao_Paulo")
	}
	return s.showSetup(v, http.StatusOK, f, refusal{})
}

func (s *server) showSetup(v *visit, status int, f url.Values, r refusal) error {
	p := setupPage{shell: v.shell(lang.Text("Set up Farol")), refusal: r, Fields: f, Zones: commonZones}
	return s.send(v, status, "setup", "bare", p)
}

func (s *server) doSetup(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	open, err := s.setupOpen(v)
	if err != nil {
		return err
	}
	if !open {
		return v.redirect("/sign-in")
	}
	f, ctx := v.r.PostForm, v.r.Context()
	c, err := companyForm(f)
	if err != nil {
		return s.setupRefused(v, f, err)
	}
	if err := s.cutDays(ctx, c); err != nil {
		return s.setupRefused(v, f, err)
	}
	member, err := s.Store.AddFirstMember(ctx, store.NewMember{
		Email: f.Get("email"), Name: f.Get("name"), Password: f.Get("password"), Language: c.Language,
	})
	if farol.KindOf(err) == farol.Conflict {
		return v.redirect("/sign-in")
	}
	if err != nil {
		return s.setupRefused(v, f, err)
	}
	if _, err := s.Store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.CompanyName, Body: c, Author: string(member.ID)}); err != nil {
		return err
	}
	if h, ok := metric.HolidaysOf(c.Zone); ok {
		if _, err := s.Store.Define(ctx, store.Draft{Kind: metric.SettingKind, Name: metric.HolidaysName, Body: h, Author: string(member.ID)}); err != nil {
			return err
		}
	}
	s.Saved(ctx)
	_, token, err := s.Store.SignIn(ctx, f.Get("email"), f.Get("password"), v.address(), v.r.UserAgent())
	if err != nil {
		return err
	}
	v.member = &member // whom the audit log names
	s.cookie(v, sessionCookie, token, store.SessionMax)
	s.cookie(v, languageCookie, cmp.Or(member.Language, string(v.p.Code())), store.SessionMax)
	return v.redirect("/sources")
}

func (s *server) setupRefused(v *visit, f url.Values, err error) error {
	refused, ok := v.refuse(err)
	if !ok {
		return err
	}
	return s.showSetup(v, http.StatusUnprocessableEntity, f, refused)
}
