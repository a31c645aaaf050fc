package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

func (s *server) sourceOperations() {
	tags := []string{"sources"}
	register(s, team, huma.Operation{OperationID: "list-sources", Method: http.MethodGet, Path: "/sources", Tags: tags,
		Summary: "The sources that events come from, with their write keys"}, s.listSources)
	register(s, leaders, huma.Operation{OperationID: "add-source", Method: http.MethodPost, Path: "/sources", Tags: tags,
		Summary: "Add a source", DefaultStatus: 201}, s.addSource)
	register(s, leaders, huma.Operation{OperationID: "change-source", Method: http.MethodPatch, Path: "/sources/{id}", Tags: tags,
		Summary: "Rename, disable or enable a source", Errors: []int{404}}, s.changeSource)
	register(s, leaders, huma.Operation{OperationID: "delete-source", Method: http.MethodDelete, Path: "/sources/{id}", Tags: tags,
		Summary: "Forget a source's write key for ever; its events stay", Errors: []int{404}}, s.deleteSource)
}

// Source is a place that events come from.
type Source struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	WriteKey string     `json:"write_key" doc:"What SDKs send; it may only write, and is public by nature."`
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled" doc:"Since when its events are refused; null when they are taken."`
}

func newSource(x store.Source) Source {
	return Source{string(x.ID), x.Name, x.Key, x.Created, orNull(x.Disabled)}
}

type sourceOutput struct{ Body Source }

type listSourcesOutput struct {
	Body struct {
		Sources []Source `json:"sources" nullable:"false"`
	}
}

func (s *server) listSources(ctx context.Context, _ *struct{}) (*listSourcesOutput, error) {
	list, err := s.Store.Sources(ctx)
	out := &listSourcesOutput{}
	out.Body.Sources = each(list, newSource)
	return out, err
}

func (s *server) addSource(ctx context.Context, in *struct {
	Body struct {
		Name string `json:"name" doc:"What people call it."`
	}
}) (*sourceOutput, error) {
	x, err := s.Store.AddSource(ctx, in.Body.Name)
	return &sourceOutput{newSource(x)}, err
}

func (s *server) changeSource(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name     *string `json:"name,omitempty"`
		Disabled *bool   `json:"disabled,omitempty"`
	}
}) (*sourceOutput, error) {
	x, err := s.Store.UpdateSource(ctx, farol.SourceID(in.ID), store.SourceUpdate{Name: in.Body.Name, Disabled: in.Body.Disabled})
	return &sourceOutput{newSource(x)}, err
}

func (s *server) deleteSource(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	return &struct{}{}, s.Store.DeleteSource(ctx, farol.SourceID(in.ID))
}

func (s *server) tokenOperations() {
	tags := []string{"tokens"}
	register(s, admins, huma.Operation{OperationID: "list-tokens", Method: http.MethodGet, Path: "/tokens", Tags: tags,
		Summary: "The API tokens, without their secrets"}, s.listTokens)
	register(s, admins, huma.Operation{OperationID: "add-token", Method: http.MethodPost, Path: "/tokens", Tags: tags,
		Summary: "Make an API token", Description: "The secret is in the answer and nowhere else.", DefaultStatus: 201}, s.addToken)
	register(s, admins, huma.Operation{OperationID: "revoke-token", Method: http.MethodDelete, Path: "/tokens/{id}", Tags: tags,
		Summary: "Refuse a token from now on", Errors: []int{404}}, s.revokeToken)
}

// Token is an API token, without its secret.
type Token struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Role    string     `json:"role"`
	Prefix  string     `json:"prefix" doc:"The secret's first characters."`
	Created time.Time  `json:"created"`
	Used    *time.Time `json:"used" doc:"Last use, exact to a minute; null when never."`
	Revoked *time.Time `json:"revoked" doc:"Since when it is refused; null when it is not."`
	Access
	Member *string `json:"member" doc:"Whose portfolio the scope own means; null for nobody's."`
}

// NewToken is a token just made.
type NewToken struct {
	Token
	Secret string `json:"token" doc:"The secret. It is never shown again."`
}

func newToken(t store.Token) Token {
	return Token{string(t.ID), t.Name, string(t.Role), t.Prefix, t.Created, orNull(t.Used), orNull(t.Revoked), newAccess(t.Access), orNull(string(t.Member))}
}

type listTokensOutput struct {
	Body struct {
		Tokens []Token `json:"tokens" nullable:"false"`
	}
}

func (s *server) listTokens(ctx context.Context, _ *struct{}) (*listTokensOutput, error) {
	list, err := s.Store.Tokens(ctx)
	out := &listTokensOutput{}
	out.Body.Tokens = each(list, newToken)
	return out, err
}

func (s *server) addToken(ctx context.Context, in *struct {
	Body struct {
		Name string `json:"name" doc:"What it is for."`
		Role string `json:"role" doc:"What it may do: admin, manager, csm, support or viewer."`
		GivenAccess
		Member string `json:"member,omitempty" doc:"With the scope own: the member whose portfolio it sees."`
	}
}) (*struct{ Body NewToken }, error) {
	t, secret, err := s.Store.AddTokenFor(ctx, store.NewToken{
		Name: in.Body.Name, Role: store.Role(in.Body.Role), Access: in.Body.access(), Member: store.MemberID(in.Body.Member),
	})
	return &struct{ Body NewToken }{NewToken{newToken(t), secret}}, err
}

func (s *server) revokeToken(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	return &struct{}{}, s.Store.RevokeToken(ctx, store.TokenID(in.ID))
}

func (s *server) memberOperations() {
	tags := []string{"members"}
	register(s, team, huma.Operation{OperationID: "list-members", Method: http.MethodGet, Path: "/members", Tags: tags,
		Summary: "The team"}, s.listMembers)
	register(s, admins, huma.Operation{OperationID: "add-member", Method: http.MethodPost, Path: "/members", Tags: tags,
		Summary: "Add a member", DefaultStatus: 201, Errors: []int{409}}, s.addMember)
	register(s, admins, huma.Operation{OperationID: "change-member", Method: http.MethodPatch, Path: "/members/{id}", Tags: tags,
		Summary: "Change a member", Description: "Disabling a member ends its sessions.", Errors: []int{404, 409}}, s.changeMember)
	register(s, admins, huma.Operation{OperationID: "set-password", Method: http.MethodPut, Path: "/members/{id}/password", Tags: tags,
		Summary: "Set a member's password", Description: "It ends the member's sessions.", Errors: []int{404}}, s.setPassword)
}

// Member is a person of the team.
type Member struct {
	ID       string     `json:"id"`
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     string     `json:"role"`
	Language *string    `json:"language" doc:"null follows the browser."`
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled" doc:"Since when it cannot sign in; null when it can."`
	Access
}

func newMember(m store.Member) Member {
	return Member{string(m.ID), m.Email, m.Name, string(m.Role), orNull(m.Language), m.Created, orNull(m.Disabled), newAccess(m.Access)}
}

type memberOutput struct{ Body Member }

type listMembersOutput struct {
	Body struct {
		Members []Member `json:"members" nullable:"false"`
	}
}

func (s *server) listMembers(ctx context.Context, _ *struct{}) (*listMembersOutput, error) {
	list, err := s.Store.Members(ctx)
	out := &listMembersOutput{}
	out.Body.Members = each(list, newMember)
	return out, err
}

func (s *server) addMember(ctx context.Context, in *struct {
	Body struct {
		Email    string `json:"email"`
		Name     string `json:"name"`
		Role     string `json:"role"`
		Password string `json:"password" doc:"At least 10 characters."`
		Language string `json:"language,omitempty" doc:"Such as pt-BR; empty follows the browser."`
		GivenAccess
	}
}) (*memberOutput, error) {
	b := in.Body
	m, err := s.Store.AddMember(ctx, store.NewMember{
		Email: b.Email, Name: b.Name, Password: b.Password, Role: store.Role(b.Role), Language: b.Language, Access: b.access()})
	return &memberOutput{newMember(m)}, err
}

func (s *server) changeMember(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name     *string   `json:"name,omitempty"`
		Role     *string   `json:"role,omitempty"`
		Language *string   `json:"language,omitempty"`
		Disabled *bool     `json:"disabled,omitempty"`
		Scope    *string   `json:"scope,omitempty" doc:"all, team or own."`
		Team     *string   `json:"team,omitempty"`
		Hidden   *[]string `json:"hidden,omitempty" doc:"Fields that it may not see: money, attribute.NAME, metric.NAME."`
	}
}) (*memberOutput, error) {
	b := in.Body
	u := store.MemberUpdate{Name: b.Name, Role: (*store.Role)(b.Role), Language: b.Language, Disabled: b.Disabled, Scope: (*store.Scope)(b.Scope), Team: b.Team}
	if b.Hidden != nil {
		hidden := store.FieldsOf(*b.Hidden...)
		u.Hidden = &hidden
	}
	m, err := s.Store.UpdateMember(ctx, store.MemberID(in.ID), u)
	return &memberOutput{newMember(m)}, err
}

func (s *server) setPassword(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Password string `json:"password" doc:"At least 10 characters."`
	}
}) (*struct{}, error) {
	return &struct{}{}, s.Store.SetPassword(ctx, store.MemberID(in.ID), in.Body.Password)
}

func (s *server) definitionOperations() {
	tags := []string{"definitions"}
	register(s, team, huma.Operation{OperationID: "list-definitions", Method: http.MethodGet, Path: "/definitions/{kind}", Tags: tags,
		Summary: "The latest version of each definition of a kind, such as setting"}, s.listDefinitions)
	register(s, team, huma.Operation{OperationID: "list-versions", Method: http.MethodGet, Path: "/definitions/{kind}/{name}", Tags: tags,
		Summary: "Every version of a definition, the newest first", Errors: []int{404}}, s.listVersions)
}

// Definition is one version of a document that says how numbers are made.
type Definition struct {
	Kind    string          `json:"kind"`
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Body    json.RawMessage `json:"body"`
	Author  string          `json:"author"`
	Created time.Time       `json:"created"`
}

type definitionsOutput struct {
	Body struct {
		Definitions []Definition `json:"definitions" nullable:"false"`
	}
}

func newDefinition(d store.Definition) Definition {
	return Definition{d.Kind, d.Name, d.Version, d.Body, d.Author, d.Created}
}

func newDefinitions(list []store.Definition) *definitionsOutput {
	out := &definitionsOutput{}
	out.Body.Definitions = each(list, newDefinition)
	return out
}

// tellsOfNobody are the kinds of definitions that speak of no account and of no
// value of a field: whoever does not see all may read these.
var tellsOfNobody = []string{metric.SettingKind, metric.CriterionKind, customer.FieldKind, store.AccessKind}

// mayRead refuses the definitions of the kind to who does not see all: a goal
// names amounts, a segment the values of fields, a mapping holds a ticket.
func mayRead(ctx context.Context, kind string) error {
	if slices.Contains(tellsOfNobody, kind) {
		return nil
	}
	return sight.Of(ctx).All()
}

func (s *server) listDefinitions(ctx context.Context, in *struct {
	Kind string `path:"kind"`
}) (*definitionsOutput, error) {
	if err := mayRead(ctx, in.Kind); err != nil {
		return nil, err
	}
	list, err := s.Store.Definitions(ctx, in.Kind)
	return newDefinitions(list), err
}

func (s *server) listVersions(ctx context.Context, in *struct {
	Kind string `path:"kind"`
	Name string `path:"name"`
}) (*definitionsOutput, error) {
	if err := mayRead(ctx, in.Kind); err != nil {
		return nil, err
	}
	list, err := s.Store.DefinitionVersions(ctx, in.Kind, in.Name)
	if err == nil && len(list) == 0 {
		err = farol.Errorf(farol.NotFound, "there is no such definition")
	}
	return newDefinitions(list), err
}
