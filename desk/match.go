package desk

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// match is whose a ticket is; an account of "" is nobody's.
type match struct {
	account farol.AccountID
	person  farol.PersonID
}

func asError(err error, to **farol.Error) bool { return errors.As(err, to) }

// key names the requester whom a ticket waits for: by what names them best.
func (r Requester) key(source farol.SourceID, ticket string) string {
	switch {
	case r.Email != "":
		return "email:" + strings.ToLower(r.Email)
	case r.ID != "":
		return "id:" + string(source) + ":" + r.ID
	case r.DeskID != "":
		return "id:" + string(source) + ":" + r.DeskID
	case r.Org != "":
		return "org:" + string(source) + ":" + r.Org
	}
	return "ticket:" + string(source) + ":" + ticket
}

// names are all names under which the team may have said who it is, the most
// exact first.
func (r Requester) names(source farol.SourceID, ticket string) []string {
	out := []string{"ticket:" + string(source) + ":" + ticket}
	add := func(prefix, v string) {
		if v != "" {
			out = append(out, prefix+v)
		}
	}
	add("email:", strings.ToLower(r.Email))
	add("id:"+string(source)+":", r.ID)
	add("id:"+string(source)+":", r.DeskID)
	add("org:"+string(source)+":", r.Org)
	add("domain:", OwnDomain(r.Email))
	return out
}

// match finds whose the ticket is: the account that the help desk names, what
// the team has said of the requester, the person known by id or address, and
// the domain of the address, in this order. Where two accounts fit, none does.
func (d *Desks) match(ctx context.Context, h store.Desk, t Ticket) (match, error) {
	r := t.Requester
	accounts, err := d.Customers.Accounts(ctx)
	if err != nil {
		return match{}, err
	}
	person, home, err := d.known(ctx, r)
	if err != nil {
		return match{}, err
	}
	if a := d.Facts.Joined(farol.AccountID(r.Account), time.Time{}); a != "" && accounts[a] != nil {
		return match{a, person}, nil
	}
	said, ok, err := d.Store.RequesterOf(ctx, r.names(h.ID, TicketID(h.Kind, t.ID))...)
	if err != nil {
		return match{}, err
	}
	switch {
	case ok && said.Person != "":
		return match{said.Account, said.Person}, nil
	case ok:
		return match{said.Account, person}, nil
	case home != "":
		return match{home, person}, nil
	}
	domain := OwnDomain(r.Email)
	if domain == "" {
		return match{}, nil
	}
	var of []farol.AccountID
	for id, a := range accounts {
		if !a.Test && (host(a.Attributes["domain"]) == domain || host(a.Attributes["website"]) == domain) {
			of = append(of, id)
		}
	}
	if len(of) != 1 {
		return match{}, nil
	}
	return match{of[0], person}, nil
}

// known is the person that the requester is, and the account they belong to.
func (d *Desks) known(ctx context.Context, r Requester) (farol.PersonID, farol.AccountID, error) {
	if r.ID != "" {
		a, err := d.Facts.AccountOf(ctx, farol.PersonID(r.ID))
		if err != nil || a != "" {
			return farol.PersonID(r.ID), a, err
		}
	}
	owners, err := d.Facts.OwnersOf(ctx, r.Email)
	if err != nil {
		return "", "", err
	}
	var homes []farol.AccountID
	for _, o := range owners {
		if o.Account != "" && !slices.Contains(homes, o.Account) {
			homes = append(homes, o.Account)
		}
	}
	switch {
	case len(owners) == 1:
		return owners[0].Person, owners[0].Account, nil
	case len(homes) == 1:
		return "", homes[0], nil
	}
	return "", "", nil
}

// Assign says to whom a requester belongs, remembers it, and takes in what
// waited for them. With domain, everybody of the address' domain is meant.
// Errors: Invalid with the field who or account.
func (d *Desks) Assign(ctx context.Context, who string, account farol.AccountID, person farol.PersonID, domain bool, author string) (taken int, err error) {
	a, err := d.Customers.Account(ctx, account)
	if err != nil {
		if farol.KindOf(err) == farol.NotFound {
			return 0, farol.InvalidField("account", "there is no such account")
		}
		return 0, err
	}
	account = a.ID
	q := store.DeliveryQuery{State: store.DeliveryWaiting, Requester: who}
	r := store.Requester{Who: who, Account: account, Person: person, Author: author}
	if domain {
		of := OwnDomain(strings.TrimPrefix(who, "email:"))
		if of == "" {
			return 0, farol.InvalidField("domain", "this address is of a mail service that anybody may use")
		}
		if err := d.Store.SetRequester(ctx, store.Requester{Who: "domain:" + of, Account: account, Author: author}); err != nil {
			return 0, err
		}
		q.Requester = "" // others of the domain wait under their own addresses
	}
	if person != "" || !domain {
		if err := d.Store.SetRequester(ctx, r); err != nil {
			return 0, err
		}
	}
	return d.ReplayAll(ctx, q)
}

// host is the host of an address or domain, without "www.".
func host(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// OwnDomain is the domain of an e-mail address, "" for a mail service that
// anybody may use.
func OwnDomain(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 1 {
		return ""
	}
	domain := strings.ToLower(email[i+1:])
	name, _, _ := strings.Cut(domain, ".")
	if slices.Contains(mailServices, name) || slices.Contains(mailDomains, domain) || !strings.Contains(domain, ".") {
		return ""
	}
	return domain
}

// mailServices are services with domains in many countries, mailDomains those
// with one.
var (
	mailServices = []string{"gmail", "googlemail", "hotmail", "outlook", "live", "yahoo", "ymail", "icloud", "protonmail", "proton", "gmx", "aol", "msn", "uol", "bol", "terra", "zipmail", "yandex"}
	mailDomains  = []string{"me.com", "mac.com", "mail.com", "ig.com.br", "globo.com", "globomail.com", "r7.com", "oi.com.br", "pm.me", "zoho.com", "fastmail.com", "web.de", "mail.ru", "qq.com", "163.com", "hey.com"}
)
