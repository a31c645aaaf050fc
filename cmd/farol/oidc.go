package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/web"
)

// oidcOptions say at which OpenID provider members sign in.
type oidcOptions struct {
	Issuer       string   `help:"Address of the provider (https://accounts.example.com); members then sign in there. Its redirect address is BASE-URL/sign-in/oidc/callback." placeholder:"URL"`
	ClientID     string   `name:"client-id" help:"What the provider knows this server by."`
	ClientSecret string   `name:"client-secret" help:"The client's secret; better given as FAROL_OIDC_CLIENT_SECRET."`
	Name         string   `help:"What the button calls the provider." placeholder:"NAME"`
	GroupsClaim  string   `name:"groups-claim" help:"Claim that lists a person's groups." default:"groups"`
	Role         []string `help:"GROUP=ROLE: people of the group get the role; may be given several times." placeholder:"GROUP=ROLE" sep:";"`
	NewRole      string   `name:"new-role" help:"Role of verified people whom nobody added and no group gives one; empty refuses them." placeholder:"ROLE"`
	Only         bool     `help:"Refuse passwords, except those of admins."`
}

func (o oidcOptions) check() error {
	if o.Issuer == "" {
		if o.ClientID != "" || o.Only {
			return fmt.Errorf("--oidc-issuer is missing")
		}
		return nil
	}
	u, err := url.Parse(o.Issuer)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return fmt.Errorf("--oidc-issuer must be an https address, not %q", o.Issuer)
	}
	if o.ClientID == "" {
		return fmt.Errorf("--oidc-client-id is missing")
	}
	if o.NewRole != "" && !slices.Contains(store.Roles, store.Role(o.NewRole)) {
		return fmt.Errorf("--oidc-new-role must be one of %v, not %q", store.Roles, o.NewRole)
	}
	_, err = o.roles()
	return err
}

// roles reads GROUP=ROLE.
func (o oidcOptions) roles() (map[string]store.Role, error) {
	out := map[string]store.Role{}
	for _, s := range o.Role {
		i := strings.LastIndexByte(s, '=')
		if i < 1 || !slices.Contains(store.Roles, store.Role(s[i+1:])) {
			return nil, fmt.Errorf("--oidc-role must be GROUP=ROLE with a role of %v, not %q", store.Roles, s)
		}
		out[s[:i]] = store.Role(s[i+1:])
	}
	return out, nil
}

// provider is nil when none is named. The options were checked.
func (o oidcOptions) provider() *web.OIDC {
	if o.Issuer == "" {
		return nil
	}
	roles, _ := o.roles()
	u, _ := url.Parse(o.Issuer)
	return &web.OIDC{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Name: cmp.Or(o.Name, u.Hostname()),
		GroupsClaim: o.GroupsClaim, Roles: roles, NewRole: store.Role(o.NewRole), Only: o.Only,
	}
}
