package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// memberPage is one member for admins: what it may see, where it is signed in,
// and how it leaves.
type memberPage struct {
	shell
	refusal
	Person     store.Member
	Sessions   []sessionRow
	Identities []store.MemberIdentity
	// Owned is how many customers it owns, Sees how many it may see.
	Owned, Sees string
	OwnsSome    bool
	Others      []store.Member
	Access      accessForm
}

// accessForm is the fields by which access is chosen; team, invitation and
// token forms have them, too.
type accessForm struct {
	Prefix string
	Scope  store.Scope
	Team   string
	Money  bool
	// Fields are the other hidden fields, separated by commas.
	Fields string
	Teams  []string
	shell  shell
}

var scopeTitles = map[store.Scope]lang.Text{
	store.AllAccounts: lang.Text("All customers"), store.TeamAccounts: lang.Text("The team's customers"), store.OwnAccounts: lang.Text("The own portfolio"),
}

// Scopes lists the scopes to choose from.
func (a accessForm) Scopes() []choice {
	var out []choice
	for _, s := range store.Scopes {
		out = append(out, choice{Value: string(s), Title: scopeTitles[s], Chosen: s == a.Scope})
	}
	return out
}

// ScopeText is what somebody may see, in words.
func (s shell) ScopeText(a store.Access) string {
	p := s.visit.p
	text := p.Text(scopeTitles[a.Scope])
	if a.Scope == store.TeamAccounts {
		text = p.T("Customers of the team %s", a.Team)
	}
	if n := len(a.Hidden.List()); n > 0 {
		text += " · " + p.N(n, "%d field hidden", "%d fields hidden")
	}
	return text
}

// accessOf fills the fields.
func (s *server) accessOf(v *visit, prefix string, a store.Access) (accessForm, error) {
	f := accessForm{Prefix: prefix, Scope: a.Scope, Team: a.Team, shell: v.shell("")}
	var rest []string
	for _, h := range a.Hidden.List() {
		if h == sight.Money {
			f.Money = true
			continue
		}
		rest = append(rest, h)
	}
	f.Fields = strings.Join(rest, ", ")
	var err error
	f.Teams, err = s.Store.Teams(v.r.Context())
	return f, err
}

// readAccess reads them from a form.
func readAccess(f url.Values) store.Access {
	hidden := strings.FieldsFunc(f.Get("hidden"), func(r rune) bool { return r == ',' || r == '\n' })
	if f.Get("money") == "yes" {
		hidden = append(hidden, sight.Money)
	}
	for i := range hidden {
		hidden[i] = strings.TrimSpace(hidden[i])
	}
	return store.Access{Scope: store.Scope(f.Get("scope")), Team: f.Get("team"), Hidden: store.FieldsOf(hidden...)}
}

func (s *server) member(v *visit) error { return s.showMember(v, http.StatusOK, refusal{}) }

func (s *server) showMember(v *visit, status int, r refusal) error {
	ctx := v.r.Context()
	m, err := s.Store.Member(ctx, store.MemberID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	p := memberPage{shell: v.shell(""), refusal: r, Person: m}
	p.Title, p.Question = m.Name, v.p.T("What may this member see and do, and where is it signed in?")
	p.Crumb = &crumb{v.p.T("Team and keys"), "/team"}
	if err := s.memberNumbers(v, &p); err != nil {
		return err
	}
	sessions, err := s.Store.Sessions(ctx, m.ID)
	if err != nil {
		return err
	}
	p.Sessions = sessionRows(sessions, v.session.ID)
	if p.Identities, err = s.Store.Identities(ctx, m.ID); err != nil {
		return err
	}
	members, err := s.Store.Members(ctx)
	if err != nil {
		return err
	}
	p.Others = slices.DeleteFunc(members, func(x store.Member) bool { return x.ID == m.ID || !x.Disabled.IsZero() })
	if p.Access, err = s.accessOf(v, "member", m.Access); err != nil {
		return err
	}
	return s.send(v, status, "member", "layout", p)
}

// memberNumbers counts what the member owns and sees.
func (s *server) memberNumbers(v *visit, p *memberPage) error {
	ctx := sight.Everything(v.r.Context())
	owned, err := s.Customers.Owned(ctx, p.Person.ID)
	if err != nil {
		return err
	}
	may, err := s.Store.PortfolioOf(ctx, p.Person)
	if err != nil {
		return err
	}
	of, err := s.Customers.Sight(ctx, s.Store, s.Metrics.Catalogue(), may)
	if err != nil {
		return err
	}
	seen, err := s.Customers.Accounts(sight.With(ctx, of))
	p.Owned, p.OwnsSome, p.Sees = v.p.Number(float64(owned), 0), owned > 0, v.p.Number(float64(len(seen)), 0)
	return err
}

func sessionRows(list []store.Session, current store.SessionID) (out []sessionRow) {
	for _, x := range list {
		out = append(out, sessionRow{string(x.ID), browserName(x.Agent), x.Agent, x.Address, x.Seen, x.ID == current})
	}
	return out
}

// memberDone goes back to the member's page, or shows it with what was
// refused.
func (s *server) memberDone(v *visit, err error, what string) error {
	if err == nil {
		return v.done("/team/members/"+url.PathEscape(v.r.PathValue("id")), what)
	}
	if refused, ok := v.refuse(err); ok {
		return s.showMember(v, http.StatusUnprocessableEntity, refused)
	}
	return err
}

// changeAccess says what a member may see.
func (s *server) changeAccess(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	a, role := readAccess(v.r.PostForm), store.Role(v.r.PostForm.Get("role"))
	u := store.MemberUpdate{Scope: &a.Scope, Team: &a.Team, Hidden: &a.Hidden}
	if role != "" {
		u.Role = &role
	}
	_, err := s.Store.UpdateMember(v.r.Context(), store.MemberID(v.r.PathValue("id")), u)
	return s.memberDone(v, err, "member-saved")
}

// endMemberSessions signs a member out: of one session, or of all.
func (s *server) endMemberSessions(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id := store.MemberID(v.r.PathValue("id"))
	if _, err := s.Store.Member(v.r.Context(), id); err != nil {
		return err
	}
	if one := v.r.PostForm.Get("session"); one != "" {
		return s.memberDone(v, s.Store.EndSession(v.r.Context(), id, store.SessionID(one)), "session")
	}
	return s.memberDone(v, s.Store.EndSessions(v.r.Context(), id, ""), "sessions")
}

// leave ends a member's access and hands over what it owned.
func (s *server) leave(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	if _, err := s.handover(v).Leave(v.r.Context(), store.MemberID(v.r.PathValue("id")), store.MemberID(f.Get("to")), f.Get("why")); err != nil {
		return s.memberDone(v, err, "")
	}
	return s.memberDone(v, nil, "left")
}

// handover hands customers over in the name of the visitor. Its notes are in
// the company's language: all read them.
func (s *server) handover(v *visit) customer.Handover {
	words := v.p
	if c := lang.Code(v.company.Language); c.Valid() {
		words = lang.For(c)
	}
	return customer.Handover{Facts: s.Facts, Store: s.Store, Directory: s.Customers, By: v.member.ID, Words: words}
}

// endSession signs one's other browser out.
func (s *server) endSession(v *visit) error {
	return s.accountDone(v, s.Store.EndSession(v.r.Context(), v.member.ID, store.SessionID(v.r.PathValue("id"))), "session")
}

// hideByRole says which fields a whole role may not see.
func (s *server) hideByRole(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	err := s.Store.HideByRole(v.r.Context(), store.Role(f.Get("role")), readAccess(f).Hidden.List(), string(v.member.ID))
	return s.teamDone(v, err, "saved")
}

// inviteRow is an open invitation.
type inviteRow struct {
	store.Invite
	Author string
	Old    bool
}

// invite asks somebody into the team: by mail when there is a way to send it,
// and with a link to hand over in any case.
func (s *server) invite(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	i, secret, err := s.Store.AddInvite(v.r.Context(), store.Invite{
		Email: f.Get("invite_email"), Role: store.Role(f.Get("role")), Access: readAccess(f), Author: string(v.member.ID),
	})
	if err != nil {
		if fieldOf(err) == "email" {
			err = inField("invite_email", err)
		}
		return s.teamDone(v, err, "")
	}
	p := teamPage{InviteLink: s.base(v.r) + "/invite/" + secret, Invited: i.Email}
	if s.Mail != nil {
		words := s.handover(v).Words
		err := s.Mail(v.r.Context(), i.Email, words.T("%s invites you to Farol", v.member.Name),
			words.T("%s invites you to join the team of %s in Farol. Open this link and choose a password; it works once, until %s:", v.member.Name, v.company.Name, words.Date(farol.DayOf(i.Expires, v.company.location())))+"\n\n"+p.InviteLink+"\n")
		if err != nil {
			s.Log.Warn("an invitation could not be sent", "request", v.id, "error", err)
		}
		p.Sent = err == nil
	}
	// Not a redirect: the secret must be in no address and no second page.
	return s.showTeam(v, http.StatusOK, p)
}

func (s *server) revokeInvite(v *visit) error {
	return s.teamDone(v, s.Store.RevokeInvite(v.r.Context(), v.r.PathValue("id")), "invite-gone")
}

// invitePage is what an invitation leads to.
type invitePage struct {
	shell
	refusal
	Invite store.Invite
	Fields url.Values
	Until  time.Time
}

// Get is what was typed.
func (p invitePage) Get(name string) string { return p.Fields.Get(name) }

// byProvider tells whether who is invited has to sign in at the provider,
// which takes the invitation up: a password would be a way around it.
func (s *server) byProvider(i store.Invite) bool {
	return s.OIDC != nil && s.OIDC.Only && i.Role != store.Admin
}

func (s *server) invited(v *visit) error { return s.showInvited(v, http.StatusOK, refusal{}, nil) }

func (s *server) showInvited(v *visit, status int, r refusal, f url.Values) error {
	i, err := s.Store.InviteOf(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	if s.byProvider(i) {
		return v.redirect("/sign-in/oidc")
	}
	p := invitePage{shell: v.shell(lang.Text("Join the team")), refusal: r, Invite: i, Fields: f, Until: i.Expires}
	p.Question = v.p.T("You were invited as %s.", v.p.Text(roleTitles[i.Role]))
	return s.send(v, status, "invite", "bare", p)
}

// join takes an invitation up.
func (s *server) join(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	i, err := s.Store.InviteOf(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	if s.byProvider(i) {
		return v.redirect("/sign-in/oidc")
	}
	f := v.r.PostForm
	m, token, err := s.Store.Accept(v.r.Context(), v.r.PathValue("secret"), store.NewMember{
		Name: f.Get("name"), Password: f.Get("password"), Language: string(v.p.Code()),
	}, v.address(), v.r.UserAgent())
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showInvited(v, http.StatusUnprocessableEntity, refused, f)
		}
		return err
	}
	v.member = &m
	s.cookie(v, sessionCookie, token, store.SessionMax)
	s.cookie(v, languageCookie, m.Language, store.SessionMax)
	return v.redirect(home)
}
