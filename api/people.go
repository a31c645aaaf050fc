package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
)

func (s *server) peopleOperations() {
	tags := []string{"people"}
	register(s, team, huma.Operation{OperationID: "list-people", Method: http.MethodGet, Path: "/people", Tags: tags,
		Summary: "People, those active last first", Description: "A person of several accounts is listed once, with the account used last of those asked for. With as_of or known who was known then, by the name, role and consents of then."}, s.listPeople)
	register(s, team, huma.Operation{OperationID: "get-person", Method: http.MethodGet, Path: "/people/{id}", Tags: tags,
		Summary: "Everything known of one person", Description: "By any of their ids.", Errors: []int{404}}, s.getPerson)
	register(s, workers, huma.Operation{OperationID: "change-person", Method: http.MethodPatch, Path: "/people/{id}", Tags: tags,
		Summary: "Say a person's role, a consent, or values of custom fields", Errors: []int{404}}, s.changePerson)
	register(s, workers, huma.Operation{OperationID: "merge-person", Method: http.MethodPost, Path: "/people/{id}/merges", Tags: tags,
		Summary: "Say that another person is the same", Description: "All that the other did counts for this one, in the past, too, as far as known from now on.", Errors: []int{404}}, s.mergePerson)
	register(s, workers, huma.Operation{OperationID: "unmerge-person", Method: http.MethodDelete, Path: "/people/{id}/merges/{merge}", Tags: tags,
		Summary: "Undo a merge of two people", Description: "Every figure is then what it would be without it.", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.unmergePerson)
	register(s, leaders, huma.Operation{OperationID: "export-person", Method: http.MethodGet, Path: "/people/{id}/export", Tags: tags,
		Summary: "Everything known of a person as one document", Description: "Who they are, what was said of them, every event, and the team's texts that name them.", Errors: []int{404}}, s.exportPerson)
	tags = []string{"erasures"}
	register(s, admins, huma.Operation{OperationID: "list-erasures", Method: http.MethodGet, Path: "/erasures", Tags: tags,
		Summary: "Erasures of people, the newest first; nobody is named"}, s.listErasures)
	register(s, admins, huma.Operation{OperationID: "erase-person", Method: http.MethodPost, Path: "/erasures", Tags: tags,
		Summary: "Erase a person for good", Description: "What they did and said goes, and their events are refused from then on; closed figures are restated.", DefaultStatus: http.StatusCreated, Errors: []int{404}}, s.erasePerson)
	register(s, admins, huma.Operation{OperationID: "lift-erasure", Method: http.MethodDelete, Path: "/erasures/{id}/tombstones", Tags: tags,
		Summary: "Let the ids of an erased person come again", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.liftErasure)
}

// Person is a person of a list.
type Person struct {
	ID       string   `json:"id"`
	Name     *string  `json:"name" doc:"null when none was said."`
	Email    *string  `json:"email"`
	Account  *string  `json:"account" doc:"The account used last of those asked for; null for none."`
	Accounts int64    `json:"accounts" doc:"How many accounts the person belongs to in all."`
	Role     *string  `json:"role" enum:"champion,decision_maker,user" doc:"For the team; null for none."`
	First    *string  `json:"first_active" format:"date" doc:"First day of use of the account; null for never."`
	Last     *string  `json:"last_active" format:"date"`
	Consents []string `json:"consents" nullable:"false" doc:"+channel.purpose for granted, -channel.purpose for denied."`
	Test     bool     `json:"test" doc:"Whether no figure counts the person."`
}

func newPerson(x facts.Listed) Person {
	return Person{
		string(x.ID), orNull(x.Name), orNull(x.Email), orNull(string(x.Account)), x.Accounts, orNull(x.Role), dayOrNull(x.First), dayOrNull(x.Last),
		append([]string{}, x.Consents...), x.Test,
	}
}

type listPeopleInput struct {
	Search  string `query:"search" doc:"Words in name, e-mail or id; accents and case do not matter."`
	Account string `query:"account"`
	Role    string `query:"role" enum:"champion,decision_maker,user,none"`
	Since   string `query:"active_since" format:"date" doc:"Who used the product on the day or later."`
	Before  string `query:"inactive_since" format:"date" doc:"Who did not use it since the day, or never."`
	Consent string `query:"consent" doc:"+channel.purpose granted, -channel.purpose denied, ?channel.purpose neither (write + as %2B)."`
	Tests   bool   `query:"tests" doc:"Also people who are staff, tests or bots, those of test accounts, and whom the setting exclusions names."`
	Sort    string `query:"sort" enum:"last,name,first,account" default:"last"`
	Down    bool   `query:"reverse"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Offset  int    `query:"offset" minimum:"0" maximum:"20000"`
	Clocks
}

type listPeopleOutput struct {
	Body struct {
		People []Person `json:"people" nullable:"false"`
		Count  int64    `json:"count" doc:"How many there are in all."`
	}
}

func (s *server) listPeople(ctx context.Context, in *listPeopleInput) (*listPeopleOutput, error) {
	q := facts.PeopleQuery{Search: in.Search, Role: in.Role, Consent: in.Consent, Tests: in.Tests, Sort: in.Sort, Down: in.Down, Limit: in.Limit, Offset: in.Offset}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	if q.AsOf, q.Known, err = in.moment(cal.Zone); err != nil {
		return nil, err
	}
	if in.Account != "" {
		q.Accounts = []string{string(s.Facts.Joined(farol.AccountID(in.Account), q.Known))}
	}
	if q.Since, err = day("active_since", in.Since); err != nil {
		return nil, err
	}
	if q.Before, err = day("inactive_since", in.Before); err != nil {
		return nil, err
	}
	all, err := s.accountsThen(ctx, q.AsOf, q.Known)
	if err != nil {
		return nil, err
	}
	if err := customer.LeaveOut(ctx, s.Store, s.Facts, all, &q); err != nil {
		return nil, err
	}
	list, n, err := s.Facts.People(ctx, q)
	out := &listPeopleOutput{}
	out.Body.People, out.Body.Count = each(list, newPerson), n
	return out, err
}

// Said is one time that something was said of a person.
type Said struct {
	Value  string    `json:"value" doc:"Empty for taken back."`
	At     time.Time `json:"at"`
	Known  time.Time `json:"known"`
	Source string    `json:"source" doc:"Id of the source; farol for the team."`
}

// SaidOf is an attribute with all that was said of it, the newest first.
type SaidOf struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Type    string `json:"type" doc:"text, number, bool, json, null."`
	History []Said `json:"history" nullable:"false"`
}

// PersonConsent is whether a person agreed.
type PersonConsent struct {
	Channel string `json:"channel"`
	Purpose string `json:"purpose"`
	Said
}

// PersonAccount is an account that a person belongs to.
type PersonAccount struct {
	Account string     `json:"account"`
	Since   *time.Time `json:"since" doc:"When a call first said so; null when only their use does."`
	First   *string    `json:"first_active" format:"date"`
	Last    *string    `json:"last_active" format:"date"`
	Days    int64      `json:"days" doc:"Days of use of the last 28."`
	Times   int64      `json:"times" doc:"Events of use in them."`
}

// PersonMerge is a merge by hand that can be undone.
type PersonMerge struct {
	ID    string    `json:"id"`
	From  string    `json:"from"`
	Known time.Time `json:"known"`
}

type personOutput struct {
	Body struct {
		ID         string          `json:"id"`
		IDs        []string        `json:"ids" nullable:"false" doc:"All ids of the person, the one that stands for it first."`
		Name       *string         `json:"name"`
		Email      *string         `json:"email"`
		Role       *string         `json:"role"`
		Roles      []Said          `json:"roles" nullable:"false" doc:"The roles they had, the newest first."`
		Consents   []PersonConsent `json:"consents" nullable:"false"`
		Refused    []string        `json:"refused_before_erasure" nullable:"false" doc:"channel.purpose that somebody with the same id or address refused before they were erased."`
		Attributes []SaidOf        `json:"attributes" nullable:"false"`
		Accounts   []PersonAccount `json:"accounts" nullable:"false"`
		Merges     []PersonMerge   `json:"merges" nullable:"false"`
		Test       bool            `json:"test"`
	}
}

func newSaid(x facts.PersonChange) Said { return Said{x.Value, x.At, x.Known, string(x.Source)} }

func (s *server) contact(ctx context.Context, id string, c Clocks) (*customer.Contact, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	known, err := c.known(cal.Zone)
	if err != nil {
		return nil, err
	}
	asOf, err := day("as_of", c.AsOf)
	if err != nil {
		return nil, err
	}
	return customer.ReadContact(ctx, s.Facts, farol.PersonID(id), cal.Today(s.Now()), asOf, known)
}

func (s *server) getPerson(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*personOutput, error) {
	c, err := s.contact(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	return s.personOf(ctx, c)
}

func (s *server) personOf(ctx context.Context, c *customer.Contact) (*personOutput, error) {
	out := &personOutput{}
	b := &out.Body
	b.ID, b.Name, b.Email, b.Role, b.Test = string(c.ID), orNull(c.Name), orNull(c.Email), orNull(c.Role), c.Test
	b.Roles, b.Consents, b.Attributes, b.Accounts, b.Merges = []Said{}, []PersonConsent{}, []SaidOf{}, []PersonAccount{}, []PersonMerge{}
	for _, id := range c.IDs {
		b.IDs = append(b.IDs, string(id))
	}
	for _, x := range c.Roles {
		b.Roles = append(b.Roles, newSaid(x))
	}
	for _, x := range c.Consents {
		b.Consents = append(b.Consents, PersonConsent{x.Channel, x.Purpose, newSaid(x.PersonChange)})
	}
	for _, a := range c.Attributes {
		x := SaidOf{Name: a.Name, Value: a.Value, Type: a.Type}
		for _, h := range a.History {
			x.History = append(x.History, newSaid(h))
		}
		b.Attributes = append(b.Attributes, x)
	}
	for _, a := range c.Accounts {
		x := PersonAccount{Account: string(a.Account), First: dayOrNull(a.First), Last: dayOrNull(a.Last), Days: a.Days, Times: a.Times}
		if !a.Since.IsZero() {
			x.Since = &a.Since
		}
		b.Accounts = append(b.Accounts, x)
	}
	for _, j := range c.Joins {
		b.Merges = append(b.Merges, PersonMerge{j.ID, string(j.From), j.Known})
	}
	kept, err := customer.KeptOptOuts(ctx, s.Store, c)
	b.Refused = append([]string{}, kept...)
	return out, err
}

func (s *server) changePerson(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Role     *string            `json:"role,omitempty" doc:"champion, decision_maker, user, or empty for none."`
		Consents *map[string]string `json:"consents,omitempty" doc:"By channel.purpose: granted, denied, or empty for taken back."`
		Fields   *map[string]string `json:"fields,omitempty" doc:"Values of custom fields by name; empty takes one away."`
	}
}) (*personOutput, error) {
	c, err := s.contact(ctx, in.ID, Clocks{})
	if err != nil {
		return nil, err
	}
	now := s.Now()
	if in.Body.Role != nil {
		if err := customer.SetRole(ctx, s.Facts, now, c.ID, *in.Body.Role); err != nil {
			return nil, err
		}
	}
	if in.Body.Consents != nil {
		for what, value := range *in.Body.Consents {
			channel, purpose, _ := strings.Cut(what, ".")
			if err := customer.SetConsent(ctx, s.Facts, now, c.ID, channel, purpose, value); err != nil {
				return nil, err
			}
		}
	}
	if in.Body.Fields != nil {
		if err := customer.SetPersonFields(ctx, s.Store, s.Facts, now, c.ID, *in.Body.Fields); err != nil {
			return nil, err
		}
	}
	if err := s.Facts.UpdateRoster(ctx); err != nil {
		return nil, err
	}
	if c, err = s.contact(ctx, in.ID, Clocks{}); err != nil {
		return nil, err
	}
	return s.personOf(ctx, c)
}

func (s *server) mergePerson(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		From string `json:"from" doc:"Any id of the other person."`
	}
}) (*personOutput, error) {
	if _, err := s.contact(ctx, in.ID, Clocks{}); err != nil {
		return nil, err
	}
	_, err := s.contact(ctx, in.Body.From, Clocks{})
	if farol.KindOf(err) == farol.NotFound {
		err = farol.InvalidField("from", "there is no such person")
	}
	if err == nil {
		err = s.Facts.JoinPeople(ctx, farol.PersonID(in.Body.From), farol.PersonID(in.ID))
	}
	if err == nil {
		err = s.Facts.UpdateRoster(ctx)
	}
	if err != nil {
		return nil, err
	}
	c, err := s.contact(ctx, in.ID, Clocks{})
	if err != nil {
		return nil, err
	}
	return s.personOf(ctx, c)
}

func (s *server) unmergePerson(ctx context.Context, in *struct {
	ID    string `path:"id"`
	Merge string `path:"merge"`
}) (*struct{}, error) {
	c, err := s.contact(ctx, in.ID, Clocks{})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(c.Joins, func(j facts.PersonJoin) bool { return j.ID == in.Merge }) {
		return nil, farol.Errorf(farol.NotFound, "there is no such join")
	}
	if err := s.Facts.PartPeople(ctx, in.Merge); err != nil {
		return nil, err
	}
	return nil, s.Facts.UpdateRoster(ctx)
}

type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *server) exportPerson(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*exportOutput, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = customer.ExportPerson(ctx, &b, s.Store, s.Facts, cal.Today(s.Now()), farol.PersonID(in.ID))
	return &exportOutput{"application/json", b.Bytes()}, err
}

// Erasure is one, of which nobody is named.
type Erasure struct {
	ID      string           `json:"id"`
	Author  string           `json:"author" doc:"A member's id, or token:ID."`
	Name    string           `json:"name" doc:"What the author was called."`
	Reason  string           `json:"reason"`
	Created time.Time        `json:"created"`
	Done    *time.Time       `json:"done" doc:"null while it is under way."`
	Known   *time.Time       `json:"known" doc:"The commit as of which the person is gone: restatements since then show what moved."`
	Lifted  *time.Time       `json:"lifted" doc:"Since when the same ids may come again; null while they may not."`
	Rows    map[string]int64 `json:"rows" doc:"How many rows went, by kind."`
}

type erasureOutput struct{ Body Erasure }

type listErasuresOutput struct {
	Body struct {
		Erasures []Erasure `json:"erasures" nullable:"false"`
	}
}

func (s *server) listErasures(ctx context.Context, _ *struct{}) (*listErasuresOutput, error) {
	list, err := s.Store.Erasures(ctx)
	out := &listErasuresOutput{}
	out.Body.Erasures = []Erasure{}
	for _, e := range list {
		out.Body.Erasures = append(out.Body.Erasures, Erasure{e.ID, e.Author, e.Name, e.Reason, e.Created, orNull(e.Done), orNull(e.Known), orNull(e.Lifted), e.Rows})
	}
	return out, err
}

func (s *server) erasePerson(ctx context.Context, in *struct {
	Body struct {
		Person  string `json:"person" doc:"Any id of the person."`
		Confirm string `json:"confirm" doc:"The same id again."`
		Reason  string `json:"reason" doc:"Kept; it must not name the person."`
	}
}) (*erasureOutput, error) {
	if in.Body.Confirm != in.Body.Person {
		return nil, farol.InvalidField("confirm", "Type the id exactly as it is shown.")
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	t := caller(ctx)
	e, err := customer.BeginErasure(ctx, s.Store, s.Facts, cal.Today(s.Now()), customer.EraseRequest{
		Person: farol.PersonID(in.Body.Person), Reason: in.Body.Reason, Author: "token:" + string(t.ID), Name: t.Name,
	})
	if err != nil {
		return nil, err
	}
	if err := customer.ContinueErasures(ctx, s.Store, s.Facts); err != nil {
		return nil, err
	}
	if e, err = s.Store.Erasure(ctx, e.ID); err != nil {
		return nil, err
	}
	return &erasureOutput{Erasure{e.ID, e.Author, e.Name, e.Reason, e.Created, orNull(e.Done), orNull(e.Known), orNull(e.Lifted), e.Rows}}, s.Customers.Refresh(ctx)
}

func (s *server) liftErasure(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	if err := s.Store.LiftErasure(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, customer.UseTombstones(ctx, s.Store, s.Facts)
}
