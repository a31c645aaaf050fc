package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/store"
)

// Access is which customers somebody may see, and which fields of them not.
type Access struct {
	Scope  string   `json:"scope" enum:"all,team,own" doc:"all customers, those of the team, or those of the own portfolio: of which the member is an owner in any role."`
	Team   *string  `json:"team" doc:"Members of one team name share their portfolios; null for none."`
	Hidden []string `json:"hidden" nullable:"false" doc:"Fields that may not be seen: money, attribute.NAME, metric.NAME. Those hidden from the role come on top."`
}

func newAccess(a store.Access) Access {
	return Access{string(a.Scope), orNull(a.Team), append([]string{}, a.Hidden.List()...)}
}

// GivenAccess is the same as it is given; what is left out is all customers
// and every field.
type GivenAccess struct {
	Scope  string   `json:"scope,omitempty" doc:"all, team or own; all when empty."`
	Team   string   `json:"team,omitempty"`
	Hidden []string `json:"hidden,omitempty" doc:"Fields that may not be seen: money, attribute.NAME, metric.NAME."`
}

func (a GivenAccess) access() store.Access {
	return store.Access{Scope: store.Scope(a.Scope), Team: a.Team, Hidden: store.FieldsOf(a.Hidden...)}
}

func (s *server) accessOperations() {
	tags := []string{"members"}
	register(s, admins, huma.Operation{OperationID: "list-invitations", Method: http.MethodGet, Path: "/invitations", Tags: tags,
		Summary: "Who was invited into the team, the newest first"}, s.listInvites)
	register(s, admins, huma.Operation{OperationID: "add-invitation", Method: http.MethodPost, Path: "/invitations", Tags: tags,
		Summary: "Invite somebody into the team", Description: "The secret is in the answer and nowhere else: the link is BASE-URL/invite/SECRET. It works once, for seven days.",
		DefaultStatus: 201, Errors: []int{409}}, s.addInvite)
	register(s, admins, huma.Operation{OperationID: "revoke-invitation", Method: http.MethodDelete, Path: "/invitations/{id}", Tags: tags,
		Summary: "Take an invitation back", Errors: []int{404}}, s.revokeInvite)
	register(s, admins, huma.Operation{OperationID: "list-sessions", Method: http.MethodGet, Path: "/members/{id}/sessions", Tags: tags,
		Summary: "Where a member is signed in", Errors: []int{404}}, s.listSessions)
	register(s, admins, huma.Operation{OperationID: "end-sessions", Method: http.MethodDelete, Path: "/members/{id}/sessions", Tags: tags,
		Summary: "Sign a member out, of one session or of all", Errors: []int{404}}, s.endSessions)
	register(s, admins, huma.Operation{OperationID: "leave-team", Method: http.MethodPost, Path: "/members/{id}/leave", Tags: tags,
		Summary: "End a member's access and hand over its customers and open tasks", Description: "Each customer gets a note of the handover; who owned it before stays in its history.",
		Errors: []int{404, 409}}, s.leaveTeam)
	register(s, admins, huma.Operation{OperationID: "list-hidden-by-role", Method: http.MethodGet, Path: "/access/roles", Tags: tags,
		Summary: "The fields that whole roles may not see"}, s.hiddenByRole)
	register(s, admins, huma.Operation{OperationID: "hide-by-role", Method: http.MethodPut, Path: "/access/roles/{role}", Tags: tags,
		Summary: "Say which fields a role may not see"}, s.hideByRole)
}

// Invitation asks somebody into the team.
type Invitation struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Role  string `json:"role"`
	Access
	Author  string     `json:"author" doc:"A member's id, or token:NAME."`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used" doc:"When it was taken up; null when it was not."`
	Revoked *time.Time `json:"revoked" doc:"When it was taken back; null when it was not."`
	Member  *string    `json:"member" doc:"Who came of it."`
}

func newInvitation(i store.Invite) Invitation {
	return Invitation{i.ID, i.Email, string(i.Role), newAccess(i.Access), i.Author, i.Created, i.Expires, orNull(i.Used), orNull(i.Revoked), orNull(string(i.Member))}
}

type listInvitesOutput struct {
	Body struct {
		Invitations []Invitation `json:"invitations" nullable:"false"`
	}
}

func (s *server) listInvites(ctx context.Context, _ *struct{}) (*listInvitesOutput, error) {
	list, err := s.Store.Invites(ctx)
	out := &listInvitesOutput{}
	out.Body.Invitations = each(list, newInvitation)
	return out, err
}

// NewInvitation is an invitation just made.
type NewInvitation struct {
	Invitation
	Secret string `json:"secret" doc:"The end of the link BASE-URL/invite/SECRET. It is never shown again."`
}

func (s *server) addInvite(ctx context.Context, in *struct {
	Body struct {
		Email string `json:"email"`
		Role  string `json:"role"`
		GivenAccess
	}
}) (*struct{ Body NewInvitation }, error) {
	i, secret, err := s.Store.AddInvite(ctx, store.Invite{
		Email: in.Body.Email, Role: store.Role(in.Body.Role), Access: in.Body.access(), Author: "token:" + caller(ctx).Name,
	})
	return &struct{ Body NewInvitation }{NewInvitation{newInvitation(i), secret}}, err
}

func (s *server) revokeInvite(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	return &struct{}{}, s.Store.RevokeInvite(ctx, in.ID)
}

// Session is one browser's being signed in.
type Session struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
}

type listSessionsOutput struct {
	Body struct {
		Sessions []Session `json:"sessions" nullable:"false"`
	}
}

func (s *server) listSessions(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*listSessionsOutput, error) {
	m, err := s.Store.Member(ctx, store.MemberID(in.ID))
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Sessions(ctx, m.ID)
	out := &listSessionsOutput{}
	out.Body.Sessions = make([]Session, 0, len(list))
	for _, x := range list {
		out.Body.Sessions = append(out.Body.Sessions, Session{string(x.ID), x.Created, x.Seen, x.Expires, x.Address, x.Agent})
	}
	return out, err
}

func (s *server) endSessions(ctx context.Context, in *struct {
	ID      string `path:"id"`
	Session string `query:"session" doc:"The one to end; all when empty."`
}) (*struct{}, error) {
	m, err := s.Store.Member(ctx, store.MemberID(in.ID))
	if err != nil {
		return nil, err
	}
	if in.Session != "" {
		return &struct{}{}, s.Store.EndSession(ctx, m.ID, store.SessionID(in.Session))
	}
	return &struct{}{}, s.Store.EndSessions(ctx, m.ID, "")
}

type leaveOutput struct {
	Body struct {
		Accounts int `json:"accounts" doc:"How many ownerships were handed over: an account of which the member had two roles counts twice."`
	}
}

func (s *server) leaveTeam(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		To  string `json:"to,omitempty" doc:"The member who takes over; needed when there is something to take over."`
		Why string `json:"why,omitempty" doc:"What the next owner should know, for the notes."`
	}
}) (*leaveOutput, error) {
	h, err := s.handover(ctx)
	if err != nil {
		return nil, err
	}
	out := &leaveOutput{}
	out.Body.Accounts, err = h.Leave(ctx, store.MemberID(in.ID), store.MemberID(in.Body.To), in.Body.Why)
	return out, err
}

// handover hands customers over in the name of the token, with notes in the
// company's language.
func (s *server) handover(ctx context.Context) (customer.Handover, error) {
	h := customer.Handover{Facts: s.Facts, Store: s.Store, Directory: s.Customers}
	return h, h.Of(ctx, "token:"+caller(ctx).Name)
}

type hiddenByRoleOutput struct {
	Body struct {
		Hidden map[string][]string `json:"hidden" doc:"By role."`
	}
}

func (s *server) hiddenByRole(ctx context.Context, _ *struct{}) (*hiddenByRoleOutput, error) {
	all, err := s.Store.HiddenByRole(ctx)
	out := &hiddenByRoleOutput{}
	out.Body.Hidden = map[string][]string{}
	for r, list := range all {
		out.Body.Hidden[string(r)] = append([]string{}, list...)
	}
	return out, err
}

func (s *server) hideByRole(ctx context.Context, in *struct {
	Role string `path:"role"`
	Body struct {
		Hidden []string `json:"hidden" nullable:"false"`
	}
}) (*struct{}, error) {
	return &struct{}{}, s.Store.HideByRole(ctx, store.Role(in.Role), in.Body.Hidden, "token:"+caller(ctx).Name)
}
