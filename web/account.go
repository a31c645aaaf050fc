package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// accountPage is a member's own: name, password, where they are signed in.
type accountPage struct {
	shell
	refusal
	Sessions []sessionRow
	Told     toldForm
}

type sessionRow struct {
	ID string
	// Browser is a short name for Agent, what the browser says of itself.
	Browser, Agent, Address string
	Seen                    time.Time
	// Current is the session of this very browser.
	Current bool
}

func (s *server) account(v *visit) error { return s.showAccount(v, http.StatusOK, refusal{}) }

func (s *server) showAccount(v *visit, status int, r refusal) error {
	p := accountPage{shell: v.shell(lang.Text("Your account")), refusal: r}
	p.Question = v.p.T("Who are you here, and where are you signed in?")
	sessions, err := s.Store.Sessions(v.r.Context(), v.member.ID)
	if err != nil {
		return err
	}
	p.Sessions = sessionRows(sessions, v.session.ID)
	if p.Told, err = s.toldForm(v); err != nil {
		return err
	}
	return s.send(v, status, "account", "layout", p)
}

// What browsers and systems call themselves, the more particular first: every
// browser also names those before it.
var (
	browserMarks = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systemMarks  = [][2]string{{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

// browserName shortens a User-Agent to "Firefox, Linux"; one that says
// neither stays as it is.
func browserName(agent string) string {
	var found []string
	for _, marks := range [][][2]string{browserMarks, systemMarks} {
		for _, m := range marks {
			if strings.Contains(agent, m[0]) {
				found = append(found, m[1])
				break
			}
		}
	}
	if len(found) < 2 {
		return agent
	}
	return strings.Join(found, ", ")
}

func (s *server) changeName(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	name := v.r.PostForm.Get("name")
	_, err := s.Store.UpdateMember(v.r.Context(), v.member.ID, store.MemberUpdate{Name: &name})
	return s.accountDone(v, err, "saved")
}

func (s *server) changePassword(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	err := s.Store.VerifyPassword(ctx, v.member.ID, f.Get("current"), v.address())
	if farol.KindOf(err) == farol.Unauthorized {
		err = farol.InvalidField("current", "This is not your password.")
	}
	if err == nil {
		err = s.Store.SetPassword(ctx, v.member.ID, f.Get("password"))
	}
	if err != nil {
		return s.accountDone(v, err, "")
	}
	// The change ended every session, this one too: begin another.
	_, token, err := s.Store.SignIn(ctx, v.member.Email, f.Get("password"), v.address(), v.r.UserAgent())
	if err != nil {
		return err
	}
	s.cookie(v, sessionCookie, token, store.SessionMax)
	return v.done("/account", "password")
}

func (s *server) endSessions(v *visit) error {
	return s.accountDone(v, s.Store.EndSessions(v.r.Context(), v.member.ID, v.session.ID), "sessions")
}

// accountDone goes back to the page, or shows it with what was refused.
func (s *server) accountDone(v *visit, err error, what string) error {
	if err == nil {
		return v.done("/account", what)
	}
	if refused, ok := v.refuse(err); ok {
		return s.showAccount(v, http.StatusUnprocessableEntity, refused)
	}
	return err
}

// chooseLanguage keeps the language with the member, and in a cookie for the
// pages before sign-in.
func (s *server) chooseLanguage(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	code := v.r.PostForm.Get("language")
	if !lang.Code(code).Valid() {
		return farol.Errorf(farol.Invalid, "There is no such language here.")
	}
	s.cookie(v, languageCookie, code, store.SessionMax)
	if v.member != nil {
		if _, err := s.Store.UpdateMember(v.r.Context(), v.member.ID, store.MemberUpdate{Language: &code}); err != nil {
			return err
		}
	}
	return v.redirect(localPath(v.r.PostForm.Get("back")))
}

func (s *server) chooseTheme(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	theme := v.r.PostForm.Get("theme")
	switch theme {
	case "auto":
		theme = ""
	case "light", "dark":
	default:
		return farol.Errorf(farol.Invalid, "The colours are light, dark or as the system.")
	}
	s.cookie(v, themeCookie, theme, store.SessionMax)
	if v.member != nil {
		if _, err := s.Store.UpdateMember(v.r.Context(), v.member.ID, store.MemberUpdate{Theme: &theme}); err != nil {
			return err
		}
	}
	return v.redirect(localPath(v.r.PostForm.Get("back")))
}
