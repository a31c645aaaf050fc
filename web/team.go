package web

import (
	"net/http"
	"net/url"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// teamPage lists members and API tokens.
type teamPage struct {
	shell
	refusal
	Members []store.Member
	Tokens  []store.Token
	// Invites are the open invitations; InviteLink is that of one just made, for
	// Invited, and Sent tells that a mail went off.
	Invites             []inviteRow
	InviteLink, Invited string
	Sent                bool
	// InviteAccess and TokenAccess are the fields of the forms, RoleAccess what
	// is hidden from roles.
	InviteAccess, TokenAccess accessForm
	RoleAccess                []roleAccess
	// Secret is a token just made: shown once, never again.
	Secret string
	// Fields is what was typed into a form that was refused.
	Fields url.Values
}

// roleAccess is what a role may not see.
type roleAccess struct {
	Role   store.Role
	Title  lang.Text
	Count  string
	Access accessForm
}

// roleTitles are the roles in words.
var roleTitles = map[store.Role]lang.Text{
	store.Admin: lang.Text("Admin"), store.Manager: lang.Text("Manager"), store.CSM: lang.Text("CSM"),
	store.Support: lang.Text("Support"), store.Viewer: lang.Text("Viewer"),
}

// Roles lists the roles to choose from.
func (s shell) Roles() []choice {
	var out []choice
	for _, r := range store.Roles {
		out = append(out, choice{Value: string(r), Title: roleTitles[r]})
	}
	return out
}

// RoleTitle is the member's own role in words.
func (s shell) RoleTitle() lang.Text { return roleTitles[s.Member.Role] }

// RoleText is a role in words.
func (s shell) RoleText(r store.Role) string { return s.visit.p.Text(roleTitles[r]) }

func (s *server) team(v *visit) error {
	return s.showTeam(v, http.StatusOK, teamPage{})
}

func (s *server) showTeam(v *visit, status int, p teamPage) (err error) {
	p.shell = v.shell(lang.Text("Team and keys"))
	p.Question = v.p.T("Who works here, and which programs may read and write?")
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	if p.Tokens, err = s.Store.Tokens(v.r.Context()); err != nil {
		return err
	}
	if err := s.teamAccess(v, &p); err != nil {
		return err
	}
	return s.send(v, status, "team", "layout", p)
}

// teamAccess fills the invitations and the fields by which access is chosen.
func (s *server) teamAccess(v *visit, p *teamPage) (err error) {
	invites, err := s.Store.Invites(v.r.Context())
	if err != nil {
		return err
	}
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, i := range invites {
		if i.Used.IsZero() && i.Revoked.IsZero() {
			p.Invites = append(p.Invites, inviteRow{i, v.author(who, i.Author), !i.Open(v.now)})
		}
	}
	if p.InviteAccess, err = s.accessOf(v, "invite", store.Access{Scope: store.AllAccounts}); err != nil {
		return err
	}
	p.TokenAccess = p.InviteAccess
	p.TokenAccess.Prefix = "token"
	hidden, err := s.Store.HiddenByRole(v.r.Context())
	if err != nil {
		return err
	}
	for _, r := range store.Roles {
		x := roleAccess{Role: r, Title: roleTitles[r]}
		if x.Access, err = s.accessOf(v, "role-"+string(r), store.Access{Hidden: store.FieldsOf(hidden[r]...)}); err != nil {
			return err
		}
		if n := len(hidden[r]); n > 0 {
			x.Count = v.p.N(n, "%d field hidden", "%d fields hidden")
		}
		p.RoleAccess = append(p.RoleAccess, x)
	}
	return nil
}

// teamDone goes back to the page, or shows it with what was refused.
func (s *server) teamDone(v *visit, err error, what string) error {
	if err == nil {
		return v.done("/team", what)
	}
	if refused, ok := v.refuse(err); ok {
		return s.showTeam(v, http.StatusUnprocessableEntity, teamPage{refusal: refused, Fields: v.r.PostForm})
	}
	return err
}

func (s *server) addMember(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	_, err := s.Store.AddMember(v.r.Context(), store.NewMember{
		Email: f.Get("email"), Name: f.Get("name"), Password: f.Get("password"),
		Role: store.Role(f.Get("role")), Language: v.company.Language,
	})
	return s.teamDone(v, err, "member")
}

func (s *server) changeMember(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, u := v.r.PostForm, store.MemberUpdate{}
	if f.Has("role") {
		role := store.Role(f.Get("role"))
		u.Role = &role
	}
	if f.Has("disabled") {
		off := f.Get("disabled") == "yes"
		u.Disabled = &off
	}
	_, err := s.Store.UpdateMember(v.r.Context(), store.MemberID(v.r.PathValue("id")), u)
	return s.teamDone(v, err, "member-saved")
}

func (s *server) addToken(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	_, secret, err := s.Store.AddTokenFor(v.r.Context(), store.NewToken{
		Name: f.Get("token_name"), Role: store.Role(f.Get("role")), Access: readAccess(f), Member: store.MemberID(f.Get("member")),
	})
	if err != nil {
		if fieldOf(err) == "name" {
			err = farol.InvalidField("token_name", "Give the token a name of up to 100 letters.")
		}
		return s.teamDone(v, err, "")
	}
	// Not a redirect: the secret must be in no address and no second page.
	return s.showTeam(v, http.StatusOK, teamPage{Secret: secret})
}

func (s *server) revokeToken(v *visit) error {
	return s.teamDone(v, s.Store.RevokeToken(v.r.Context(), store.TokenID(v.r.PathValue("id"))), "revoked")
}
