package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// OIDC is an OpenID provider at which members sign in, by authorization code
// with PKCE.
type OIDC struct {
	// Issuer is the provider's address; ClientID and ClientSecret are what it
	// knows this server by. The secret may be empty (a public client).
	Issuer, ClientID, ClientSecret string
	// Name is what the button calls the provider.
	Name string
	// GroupsClaim is the claim that lists groups, "" for none; Roles maps a
	// group to a role. Of several the mightiest counts.
	GroupsClaim string
	Roles       map[string]store.Role
	// NewRole is given to verified people who were never added and whom no
	// group gives a role; "" refuses them.
	NewRole store.Role
	// Only refuses passwords, except those of admins: somebody must get in when
	// the provider is away.
	Only bool

	provider atomic.Pointer[oidc.Provider]
}

// answering bounds how long the provider may take for one answer.
var answering = &http.Client{Timeout: 10 * time.Second}

// found is the provider, whose description is read when it is first needed: a
// provider that is away must not keep this server from starting.
func (o *OIDC) found(ctx context.Context) (*oidc.Provider, error) {
	if p := o.provider.Load(); p != nil {
		return p, nil
	}
	// The provider keeps the context for its later requests, so it must not be
	// the visit's.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), answering), o.Issuer)
	if err == nil {
		o.provider.Store(p) // of several that ask at once, any
	}
	return p, err
}

// config is the client for a visit that came by this address.
func (s *server) oauth(ctx context.Context, v *visit) (*oauth2.Config, *oidc.Provider, error) {
	p, err := s.OIDC.found(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{
		ClientID: s.OIDC.ClientID, ClientSecret: s.OIDC.ClientSecret, Endpoint: p.Endpoint(),
		RedirectURL: s.base(v.r) + "/sign-in/oidc/callback", Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, p, nil
}

// flow is what the browser keeps while it is at the provider.
type flow struct{ State, Nonce, Verifier, Next string }

const (
	flowCookie = "farol_oidc"
	flowAge    = 10 * time.Minute
)

func randomText() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

var errNoOIDC = farol.Errorf(farol.NotFound, "No page has this address.")

// oidcStart sends the browser to the provider. It is a link and not a form:
// the policy of our pages lets forms lead to this server only.
func (s *server) oidcStart(v *visit) error {
	if s.OIDC == nil {
		return errNoOIDC
	}
	config, _, err := s.oauth(v.r.Context(), v)
	if err != nil {
		return s.oidcFailed(v, "the provider does not answer", err)
	}
	f := flow{randomText(), randomText(), oauth2.GenerateVerifier(), localPath(cmp.Or(v.r.URL.Query().Get("next"), home))}
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	s.cookie(v, flowCookie, base64.RawURLEncoding.EncodeToString(raw), flowAge)
	http.Redirect(v.w, v.r, config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), http.StatusSeeOther)
	return nil
}

// oidcBack takes the browser in again and begins the session.
func (s *server) oidcBack(v *visit) error {
	if s.OIDC == nil {
		return errNoOIDC
	}
	f, err := readFlow(v.r)
	s.cookie(v, flowCookie, "", -1)
	q := v.r.URL.Query()
	switch {
	case err != nil || q.Get("state") != f.State:
		return s.oidcRefused(v, farol.Errorf(farol.Unauthorized, "the sign-in took too long or began elsewhere; try again"))
	case q.Get("iss") != "" && q.Get("iss") != s.OIDC.Issuer:
		return s.oidcRefused(v, farol.Errorf(farol.Unauthorized, "another provider answered; try again"))
	case q.Get("error") == "access_denied":
		return s.oidcRefused(v, farol.Errorf(farol.Unauthorized, "the sign-in was cancelled"))
	case q.Get("error") != "":
		return s.oidcFailed(v, "the provider refused", errors.New(q.Get("error")))
	}
	x, err := s.identify(v.r.Context(), v, f, q.Get("code"))
	if err != nil {
		return s.oidcFailed(v, "what the provider answered does not hold", err)
	}
	member, token, err := s.Store.SignInAs(v.r.Context(), x, v.address(), v.r.UserAgent())
	if farol.KindOf(err) == farol.Unauthorized {
		return s.oidcRefused(v, err)
	}
	if err != nil {
		return err
	}
	v.member = &member
	s.cookie(v, sessionCookie, token, store.SessionMax)
	return v.redirect(localPath(f.Next))
}

func readFlow(r *http.Request) (f flow, err error) {
	c, err := r.Cookie(flowCookie)
	if err != nil {
		return f, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err == nil && (f.State == "" || f.Nonce == "" || f.Verifier == "") {
		err = errors.New("the cookie is not whole")
	}
	return f, err
}

// claims are what is read of the id token, and of the provider's user
// information where the token does not say it.
type claims struct {
	Email    string `json:"email"`
	Verified any    `json:"email_verified"`
	Name     string `json:"name"`
	Locale   string `json:"locale"`
}

// identify exchanges the code and checks the token that comes for it.
func (s *server) identify(ctx context.Context, v *visit, f flow, code string) (x store.Identity, err error) {
	config, provider, err := s.oauth(ctx, v)
	if err != nil {
		return x, err
	}
	ctx = oidc.ClientContext(ctx, answering)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return x, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return x, errors.New("no id_token came")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: s.OIDC.ClientID}).Verify(ctx, raw)
	if err != nil {
		return x, err
	}
	if id.Nonce != f.Nonce {
		return x, errors.New("the nonce is another")
	}
	var c claims
	all := map[string]any{}
	if err := errors.Join(id.Claims(&c), id.Claims(&all)); err != nil {
		return x, err
	}
	if c.Email == "" || s.OIDC.GroupsClaim != "" && all[s.OIDC.GroupsClaim] == nil {
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return x, err
		}
		if info.Subject != id.Subject {
			return x, errors.New("the user information is of somebody else")
		}
		if err := errors.Join(info.Claims(&c), info.Claims(&all)); err != nil {
			return x, err
		}
	}
	return store.Identity{
		Issuer: s.OIDC.Issuer, Subject: id.Subject, Email: c.Email, Verified: c.Verified == true || c.Verified == "true", Name: c.Name,
		Role: s.OIDC.roleOf(all[s.OIDC.GroupsClaim]), NewRole: s.OIDC.NewRole, Language: string(lang.Match(c.Locale)),
	}, nil
}

// roleOf is the mightiest role that the groups give, "" for none. The claim is
// a list, or one text.
func (o *OIDC) roleOf(groups any) store.Role {
	var names []string
	switch g := groups.(type) {
	case string:
		names = strings.FieldsFunc(g, func(r rune) bool { return r == ',' || r == ' ' })
	case []any:
		for _, x := range g {
			if s, ok := x.(string); ok {
				names = append(names, s)
			}
		}
	}
	best := store.Role("")
	for _, n := range names {
		role, ok := o.Roles[n]
		if ok && (best == "" || slices.Index(store.Roles, role) < slices.Index(store.Roles, best)) {
			best = role
		}
	}
	return best
}

// oidcFailed says that signing in did not work, and logs why.
func (s *server) oidcFailed(v *visit, what string, err error) error {
	s.Log.Warn("signing in at the provider failed", "request", v.id, "what", what, "error", err)
	return s.oidcRefused(v, farol.Errorf(farol.Unauthorized, "signing in at the provider did not work; try again, or ask an admin"))
}

func (s *server) oidcRefused(v *visit, err error) error {
	s.Log.Info("a sign-in was refused", "request", v.id, "address", v.address(), "reason", farol.KindOf(err))
	p := s.signInPage(v)
	p.refusal, _ = v.refuse(err)
	return s.send(v, http.StatusUnprocessableEntity, "signin", "bare", p)
}
