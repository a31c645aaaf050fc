package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
)

func (s *server) structureOperations() {
	tags := []string{"accounts"}
	register(s, team, huma.Operation{OperationID: "list-account-merges", Method: http.MethodGet, Path: "/accounts/{id}/merges", Tags: tags,
		Summary: "What was merged into an account", Errors: []int{404}}, s.listMerges)
	register(s, leaders, huma.Operation{OperationID: "merge-account", Method: http.MethodPost, Path: "/accounts/{id}/merges", Tags: tags,
		Summary: "Make another account part of this one", Description: "Use, people, money, tickets and answers of the other count here, in the past, too, as far as known from now on.", Errors: []int{404}}, s.mergeAccount)
	register(s, leaders, huma.Operation{OperationID: "unmerge-account", Method: http.MethodDelete, Path: "/accounts/{id}/merges/{from}", Tags: tags,
		Summary: "Undo a merge of two accounts", Description: "Every figure is then what it would be without it.", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.unmergeAccount)
	register(s, team, huma.Operation{OperationID: "get-account-group", Method: http.MethodGet, Path: "/accounts/{id}/group", Tags: tags,
		Summary: "The accounts above and below an account", Errors: []int{404}}, s.getGroup)
	register(s, workers, huma.Operation{OperationID: "set-account-parent", Method: http.MethodPut, Path: "/accounts/{id}/parent", Tags: tags,
		Summary: "Put an account below another", Description: "The same as the trait parent of a group call. Circles are refused.", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.setParent)
	register(s, workers, huma.Operation{OperationID: "set-account-fields", Method: http.MethodPatch, Path: "/accounts/{id}/fields", Tags: tags,
		Summary: "Say values of custom fields of an account", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.setAccountFields)
	register(s, team, huma.Operation{OperationID: "list-account-products", Method: http.MethodGet, Path: "/accounts/{id}/products", Tags: tags,
		Summary: "What an account has or had by its subscriptions", Errors: []int{404}}, s.listProducts)
	tags = []string{"fields"}
	register(s, team, huma.Operation{OperationID: "list-fields", Method: http.MethodGet, Path: "/fields", Tags: tags,
		Summary: "The custom fields of accounts and people"}, s.listFields)
	register(s, leaders, huma.Operation{OperationID: "save-field", Method: http.MethodPut, Path: "/fields", Tags: tags,
		Summary: "Make a custom field, or a new version of one", Description: "The type of a field cannot change.", Errors: []int{409}}, s.saveField)
}

type mergesOutput struct {
	Body struct {
		Merges []Joined `json:"merges" nullable:"false"`
	}
}

func (s *server) listMerges(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*mergesOutput, error) {
	a, err := s.Customers.Account(ctx, farol.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &mergesOutput{}
	out.Body.Merges = []Joined{}
	for _, j := range newJoined(s.Facts.Joins(time.Time{}, time.Time{})) {
		if j.To == string(a.ID) {
			out.Body.Merges = append(out.Body.Merges, j)
		}
	}
	return out, nil
}

func (s *server) mergeAccount(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		From string `json:"from" doc:"The account that becomes part of this one."`
	}
}) (*mergesOutput, error) {
	if _, err := s.Customers.Account(ctx, farol.AccountID(in.ID)); err != nil {
		return nil, err
	}
	_, err := s.Customers.Account(ctx, farol.AccountID(in.Body.From))
	if farol.KindOf(err) == farol.NotFound {
		err = farol.InvalidField("from", "there is no such account")
	}
	if err == nil {
		err = s.Facts.JoinAccounts(ctx, s.Now(), farol.AccountID(in.Body.From), farol.AccountID(in.ID))
	}
	if err == nil {
		err = s.Customers.Refresh(ctx)
	}
	if err != nil {
		return nil, err
	}
	return s.listMerges(ctx, &struct {
		ID string `path:"id"`
	}{in.ID})
}

func (s *server) unmergeAccount(ctx context.Context, in *struct {
	ID   string `path:"id"`
	From string `path:"from"`
}) (*struct{}, error) {
	if _, err := s.Customers.Account(ctx, farol.AccountID(in.ID)); err != nil {
		return nil, err
	}
	if s.Facts.Joined(farol.AccountID(in.From), time.Time{}) != farol.AccountID(in.ID) || in.From == in.ID {
		return nil, farol.Errorf(farol.NotFound, "there is no such join")
	}
	if err := s.Facts.PartAccount(ctx, s.Now(), farol.AccountID(in.From)); err != nil {
		return nil, err
	}
	return nil, s.Customers.Refresh(ctx)
}

// GroupMember is an account of a group.
type GroupMember struct {
	Account string   `json:"account"`
	Name    string   `json:"name"`
	Parent  string   `json:"parent"`
	MRR     *float64 `json:"mrr" doc:"Of the account alone, in the company's currency; null when not measured."`
	People  *float64 `json:"active_users_28d" doc:"People active in 28 days."`
}

type groupOutput struct {
	Body struct {
		Parent *string       `json:"parent" doc:"null at the top."`
		Below  []GroupMember `json:"below" nullable:"false" doc:"All accounts below, at any depth."`
	}
}

func (s *server) getGroup(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*groupOutput, error) {
	asOf, known, err := in.moment(s.Facts.Zone())
	if err != nil {
		return nil, err
	}
	all, err := s.accountsThen(ctx, asOf, known, "mrr", "active_users_28d")
	if err != nil {
		return nil, err
	}
	if all[farol.AccountID(in.ID)] == nil {
		return nil, farol.Errorf(farol.NotFound, "there is no such account")
	}
	tree := customer.TreeOf(all)
	out := &groupOutput{}
	out.Body.Parent, out.Body.Below = orNull(string(tree.Parent(farol.AccountID(in.ID)))), []GroupMember{}
	for _, a := range tree.Below(farol.AccountID(in.ID)) {
		m := GroupMember{Account: string(a.ID), Name: a.Name, Parent: string(tree.Parent(a.ID))}
		if v, ok := a.Metrics["mrr"]; ok {
			m.MRR = &v
		}
		if v, ok := a.Metrics["active_users_28d"]; ok {
			m.People = &v
		}
		out.Body.Below = append(out.Body.Below, m)
	}
	return out, nil
}

func (s *server) setParent(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Parent string `json:"parent" doc:"Empty puts it at the top."`
	}
}) (*struct{}, error) {
	return nil, s.Customers.SetParent(ctx, s.Now(), farol.AccountID(in.ID), farol.AccountID(in.Body.Parent))
}

func (s *server) setAccountFields(ctx context.Context, in *struct {
	ID   string            `path:"id"`
	Body map[string]string `doc:"Values by the field's name; empty takes one away."`
}) (*struct{}, error) {
	a, err := s.Customers.Account(ctx, farol.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	if err := customer.SetAccountFields(ctx, s.Store, s.Facts, s.Now(), a.ID, in.Body); err != nil {
		return nil, err
	}
	return nil, s.Customers.Refresh(ctx)
}

// Product is what an account has by a subscription.
type Product struct {
	Product      string    `json:"product"`
	Plan         *string   `json:"plan"`
	Subscription string    `json:"subscription"`
	Status       string    `json:"status" enum:"active,paused,cancelled"`
	Since        time.Time `json:"since"`
}

type productsOutput struct {
	Body struct {
		Products []Product `json:"products" nullable:"false"`
	}
}

func (s *server) listProducts(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*productsOutput, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	known, err := in.known(cal.Zone)
	if err != nil {
		return nil, err
	}
	asOf, err := day("as_of", in.AsOf)
	if err != nil {
		return nil, err
	}
	if _, err := s.Customers.Account(ctx, farol.AccountID(in.ID)); err != nil {
		return nil, err
	}
	list, err := customer.Products(ctx, s.Facts, farol.AccountID(in.ID), asOf, known)
	out := &productsOutput{}
	out.Body.Products = []Product{}
	for _, p := range list {
		out.Body.Products = append(out.Body.Products, Product{p.Name, orNull(p.Plan), p.Subscription, p.Status, p.Since})
	}
	return out, err
}

// Field is a custom field.
type Field struct {
	Subject string   `json:"subject" enum:"account,person"`
	Name    string   `json:"name" doc:"Of the attribute: for filters, columns and segments."`
	Title   string   `json:"title"`
	Type    string   `json:"type" enum:"text,number,money,date,choice,yes_no"`
	Choices []string `json:"choices,omitempty"`
	Help    string   `json:"help,omitempty"`
	Retired bool     `json:"retired,omitempty" doc:"No longer asked for; the values stay."`
	Version int      `json:"version,omitempty" doc:"When saving: the version that was seen; 0 or absent for a new field."`
}

func newField(f customer.Field) Field {
	return Field{f.Subject, f.Name, f.Title, f.Type, f.Choices, f.Help, f.Retired, f.Version}
}

type fieldsOutput struct {
	Body struct {
		Fields []Field `json:"fields" nullable:"false"`
	}
}

func (s *server) listFields(ctx context.Context, _ *struct{}) (*fieldsOutput, error) {
	all, err := customer.Fields(ctx, s.Store, "")
	out := &fieldsOutput{}
	out.Body.Fields = []Field{}
	for _, f := range all {
		out.Body.Fields = append(out.Body.Fields, newField(f))
	}
	return out, err
}

type fieldOutput struct{ Body Field }

func (s *server) saveField(ctx context.Context, in *struct{ Body Field }) (*fieldOutput, error) {
	f := in.Body
	saved, err := customer.SaveField(ctx, s.Store, customer.Field{
		Subject: f.Subject, Name: f.Name, Title: f.Title, Type: f.Type, Choices: f.Choices, Help: f.Help, Retired: f.Retired,
	}, "token:"+string(caller(ctx).ID), &f.Version)
	return &fieldOutput{newField(saved)}, err
}
