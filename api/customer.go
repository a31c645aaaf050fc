package api

import (
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

func (s *server) customerOperations() {
	tags := []string{"customers"}
	register(s, team, huma.Operation{OperationID: "list-customers", Method: http.MethodGet, Path: "/customers", Tags: tags,
		Summary: "The customers that fit, with how many there are and what they pay together", Description: "With as_of or known the customers of then: attributes, owners, tags, lists, stages and segments as said by then, metrics as kept by then. Limits of stages are those of today."}, s.listCustomers)
	register(s, workers, huma.Operation{OperationID: "change-customers", Method: http.MethodPost, Path: "/customers/changes", Tags: tags,
		Summary: "Do one thing to many customers: owner, stage, tag or list", Description: "Customers are named, or are those that fit the conditions. What was before is kept, so that the change can be taken back.", DefaultStatus: http.StatusCreated, Errors: []int{404}}, s.changeCustomers)
	register(s, team, huma.Operation{OperationID: "list-customer-changes", Method: http.MethodGet, Path: "/customers/changes", Tags: tags,
		Summary: "What was done to customers, the newest first"}, s.listCustomerChanges)
	register(s, workers, huma.Operation{OperationID: "undo-customer-change", Method: http.MethodPost, Path: "/customers/changes/{change}/undo", Tags: tags,
		Summary: "Take a change back where nobody has changed the same since", Errors: []int{404, 409}}, s.undoCustomerChange)
	register(s, team, huma.Operation{OperationID: "get-customer", Method: http.MethodGet, Path: "/customers/{id}", Tags: tags,
		Summary: "What is known of a customer, now, as of a day, and as known at an instant", Errors: []int{404}}, s.getCustomer)
	register(s, team, huma.Operation{OperationID: "get-customer-timeline", Method: http.MethodGet, Path: "/customers/{id}/timeline", Tags: tags,
		Summary: "What happened to a customer, the newest first", Errors: []int{404}}, s.customerTimeline)
	register(s, team, huma.Operation{OperationID: "get-customer-use", Method: http.MethodGet, Path: "/customers/{id}/use", Tags: tags,
		Summary: "How a customer uses the product: by day, and by event", Errors: []int{404}}, s.customerUse)
	register(s, team, huma.Operation{OperationID: "get-customer-subscriptions", Method: http.MethodGet, Path: "/customers/{id}/subscriptions", Tags: tags,
		Summary: "What a customer subscribed to, the latest first", Errors: []int{404}}, s.customerSubscriptions)
}

// CustomerQuery chooses and orders customers.
type CustomerQuery struct {
	Query string   `query:"q" doc:"Words of the name, id or domain."`
	Where []string `query:"where,explode" doc:"column=value; also !=, ~ (contains), !~, >, >=, <, <=. Dates are 2026-01-31, today, today+30. No value finds those of whom it is unknown. The same column with = again adds a value; conditions all have to hold. Columns: name, id, created, stage, stage_since, days_in_stage, standing, owner.ROLE, tags, lists, metric.NAME, attribute.NAME, segment.NAME."`
	Tests bool     `query:"tests" doc:"With test accounts."`
}

func (s *server) customerQuery(ctx context.Context, in CustomerQuery) (customer.Query, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return customer.Query{}, err
	}
	stages, _, err := customer.ReadStages(ctx, s.Store)
	if err != nil {
		return customer.Query{}, err
	}
	q := customer.Query{Search: in.Query, Tests: in.Tests, Total: "mrr", Today: cal.Today(s.Now()), Stages: stages}
	q.Where, err = customer.Conditions(in.Where)
	return q, err
}

// Customer is a customer as known.
type Customer struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Created    *string            `json:"created" format:"date" doc:"Since when it is a customer; null when nobody said."`
	Stage      *string            `json:"stage"`
	StageSince *string            `json:"stage_since" format:"date"`
	Standing   *string            `json:"standing" enum:"on-track,behind,stuck" doc:"null where the stage has no limit."`
	Owners     map[string]string  `json:"owners" doc:"Members by role: csm, support, sales."`
	Tags       []string           `json:"tags" nullable:"false"`
	Lists      []string           `json:"lists" nullable:"false"`
	Attributes map[string]string  `json:"attributes"`
	Metrics    map[string]float64 `json:"metrics" doc:"The latest daily values of the metrics that are kept per account; absent where there is none."`
	Test       bool               `json:"test"`
}

func newCustomer(a *customer.Account, q customer.Query) Customer {
	c := Customer{ID: string(a.ID), Name: a.Name, Stage: orNull(a.Stage()), Standing: orNull(string(q.Stages.StandingOf(a, q.Today))), Owners: map[string]string{},
		Tags: append([]string{}, a.Tags()...), Lists: append([]string{}, a.Lists()...), Attributes: a.Attributes, Metrics: a.Metrics, Test: a.Test}
	if a.Created != 0 {
		c.Created = orNull(a.Created.String())
	}
	if a.StageSince != 0 {
		c.StageSince = orNull(a.StageSince.String())
	}
	for _, role := range customer.OwnerRoles {
		if m := a.Owner(role); m != "" {
			c.Owners[role] = m
		}
	}
	return c
}

type listCustomersOutput struct {
	Body struct {
		Customers []Customer `json:"customers" nullable:"false"`
		Count     int        `json:"count" doc:"How many fit in all."`
		MRR       *float64   `json:"mrr" doc:"What they pay per month together, in major units of the company's currency; null when no customer's is known then, or it is hidden from the token."`
	}
}

func (s *server) listCustomers(ctx context.Context, in *struct {
	CustomerQuery
	Sort   string   `query:"sort" doc:"A column; the name when empty."`
	Dir    string   `query:"dir" enum:"up,down"`
	Offset int      `query:"offset" minimum:"0"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Metric []string `query:"metric,explode" doc:"Of the past, with as_of or known: metrics to answer besides mrr and those of where and sort. Of now all are answered."`
	Clocks
}) (*listCustomersOutput, error) {
	q, err := s.customerQuery(ctx, in.CustomerQuery)
	if err != nil {
		return nil, err
	}
	q.Sort, q.Down, q.Offset, q.Limit = in.Sort, in.Dir == "down", in.Offset, in.Limit
	columns, err := s.metricColumns(in.Metric)
	if err != nil {
		return nil, err
	}
	all, err := s.customersAt(ctx, in.Clocks, &q, columns...)
	if err != nil {
		return nil, err
	}
	page := q.Of(all)
	out := &listCustomersOutput{}
	out.Body.Count, out.Body.Customers = page.Count, make([]Customer, 0, len(page.Accounts))
	if page.Totalled {
		out.Body.MRR = &page.Total
	}
	for _, a := range page.Accounts {
		out.Body.Customers = append(out.Body.Customers, newCustomer(a, q))
	}
	return out, nil
}

// metricColumns are the columns of metrics that are kept per account. Errors
// are Invalid with the field metric.
func (s *server) metricColumns(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		if m, err := s.Metrics.Catalogue().Find(name); err != nil || !m.PerAccount {
			return nil, farol.InvalidField("metric", "there is no metric %q that is kept for each account", name)
		}
		out = append(out, "metric."+name)
	}
	return out, nil
}

// customersAt are the accounts as the clocks say; of the past with the metrics
// that the query names and those of the columns.
func (s *server) customersAt(ctx context.Context, c Clocks, q *customer.Query, columns ...string) (map[farol.AccountID]*customer.Account, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	asOf, known, err := c.moment(cal.Zone)
	if err != nil {
		return nil, err
	}
	if asOf != 0 || !known.IsZero() {
		q.Today = s.reference(metric.Request{AsOf: asOf, Known: known}, cal)
	}
	return s.accountsThen(ctx, asOf, known, q.Metrics(columns...)...)
}

// customerAt is the account as the clocks say, and the query that its columns
// are told by.
func (s *server) customerAt(ctx context.Context, id string, c Clocks) (*customer.Account, customer.Query, customer.Profile, error) {
	p := customer.Profile{Facts: s.Facts, Account: farol.AccountID(id)}
	q, err := s.customerQuery(ctx, CustomerQuery{})
	if err != nil {
		return nil, q, p, err
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, q, p, err
	}
	asOf, err := c.asOf()
	if err != nil {
		return nil, q, p, err
	}
	if p.Known, err = c.known(cal.Zone); err != nil {
		return nil, q, p, err
	}
	q.Today = s.reference(metric.Request{AsOf: asOf, Known: p.Known}, cal)
	p.AsOf = q.Today
	var a *customer.Account
	if asOf == 0 && p.Known.IsZero() {
		a, err = s.Customers.Account(ctx, p.Account)
	} else {
		a, err = s.Customers.AccountAt(ctx, p.Account, asOf, p.Known)
	}
	if err == nil {
		p.Account = a.ID
	}
	return a, q, p, err
}

type customerOutput struct{ Body Customer }

func (s *server) getCustomer(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*customerOutput, error) {
	a, q, _, err := s.customerAt(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	return &customerOutput{newCustomer(a, q)}, nil
}

// TimelineMoment is something that happened to a customer.
type TimelineMoment struct {
	At     time.Time         `json:"at"`
	Known  time.Time         `json:"known" doc:"When Farol learned of it."`
	Kind   string            `json:"kind" enum:"subscription,invoice,ticket,answer,attribute,mark,note,message,task,file"`
	Name   string            `json:"name" doc:"Of the event, the ticket's action, the survey's kind, the attribute; a note's title."`
	Person *string           `json:"person" doc:"Who of the customer it was; null for nobody."`
	Author *string           `json:"author" doc:"Who of the team it was; null for nobody."`
	Fields map[string]string `json:"fields" doc:"What it says."`
}

type timelineOutput struct {
	Body struct {
		Moments []TimelineMoment `json:"moments" nullable:"false"`
		Next    *time.Time       `json:"next" doc:"The parameter before of the following page; null at the end."`
	}
}

func (s *server) customerTimeline(ctx context.Context, in *struct {
	ID     string    `path:"id"`
	Kind   string    `query:"kind" enum:"subscription,invoice,ticket,answer,attribute,mark,note,message,task,file"`
	Person string    `query:"person" doc:"What this person did only."`
	Before time.Time `query:"before" doc:"What happened before this instant."`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Clocks
}) (*timelineOutput, error) {
	a, _, p, err := s.customerAt(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	f := facts.MomentFilter{Account: a.ID, Person: farol.PersonID(in.Person), AsOf: p.AsOf, Known: p.Known, Before: in.Before, Limit: in.Limit + 100}
	if in.Kind != "" {
		f.Kinds = []string{in.Kind}
	}
	list, err := s.Facts.Moments(ctx, f)
	if err != nil {
		return nil, err
	}
	var all []TimelineMoment
	for _, m := range list {
		x := TimelineMoment{At: m.At, Known: m.Known, Kind: m.Kind, Name: m.Name, Person: orNull(string(m.Person)), Fields: m.Fields}
		if m.Name == customer.WhyTrait {
			x.Author = orNull(customer.ParseWhy(m.Fields["value"]).By)
		}
		all = append(all, x)
	}
	end := (p.AsOf + 1).Start(s.Facts.Zone())
	wrote, err := s.wrote(ctx, a.ID, in.Kind, in.Person, p.Known)
	if err != nil {
		return nil, err
	}
	for _, x := range wrote {
		if x.At.Before(end) && (in.Before.IsZero() || x.At.Before(in.Before)) {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b TimelineMoment) int { return b.At.Compare(a.At) })
	out := &timelineOutput{}
	out.Body.Moments = all
	if n := in.Limit; len(all) > n {
		// Those of one instant stay together: the next page begins before it.
		for n < len(all) && all[n].At.Equal(all[n-1].At) {
			n++
		}
		if out.Body.Moments = all[:n]; n < len(all) {
			out.Body.Next = orNull(all[n-1].At)
		}
	}
	if out.Body.Moments == nil {
		out.Body.Moments = []TimelineMoment{}
	}
	return out, nil
}

// wrote is what the team wrote and sent of an account.
func (s *server) wrote(ctx context.Context, id farol.AccountID, kind, person string, known time.Time) (out []TimelineMoment, err error) {
	want := func(k string) bool { return kind == "" || kind == k }
	if want("note") {
		notes, err := s.Store.Notes(ctx, id, known, 1000)
		if err != nil {
			return nil, err
		}
		for _, n := range notes {
			if person == "" || string(n.Person) == person {
				out = append(out, TimelineMoment{n.At, n.Created, "note", n.Title, orNull(string(n.Person)), orNull(string(n.Author)), map[string]string{"body": n.Body, "kind": n.Kind}})
			}
		}
	}
	if person != "" {
		return out, nil
	}
	if want("message") {
		messages, err := s.Store.Messages(ctx, store.AccountThread(id), "", known, 500)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			out = append(out, TimelineMoment{m.Created, m.Created, "message", "", nil, orNull(string(m.Author)), map[string]string{"body": m.Body, "about": m.About}})
		}
	}
	if want("task") && known.IsZero() {
		tasks, err := s.Store.Tasks(ctx, store.TaskQuery{Account: id})
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			out = append(out, TimelineMoment{t.Created, t.Created, "task", t.Title, nil, orNull(t.Creator), map[string]string{"what": "added", "kind": t.Kind}})
			if !t.Done.IsZero() {
				out = append(out, TimelineMoment{t.Done, t.Done, "task", t.Title, nil, orNull(string(t.Owner)), map[string]string{"what": t.Outcome, "kind": t.Kind}})
			}
		}
	}
	if want("file") {
		files, err := s.Store.Files(ctx, id, known)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out = append(out, TimelineMoment{f.Created, f.Created, "file", f.Name, nil, orNull(f.Author), map[string]string{"id": f.ID, "note": f.Note}})
		}
	}
	return out, nil
}

// UseDay is a day on which a customer used the product.
type UseDay struct {
	Day    string `json:"day" format:"date"`
	People int64  `json:"people"`
	Times  int64  `json:"times"`
}

// UsedEvent is how much a customer did one thing.
type UsedEvent struct {
	Event  string `json:"event"`
	Times  int64  `json:"times" doc:"In the last 28 days."`
	Before int64  `json:"times_before" doc:"In the 28 days before."`
	People int64  `json:"people" doc:"In the last 28 days."`
	Last   string `json:"last" format:"date"`
}

type customerUseOutput struct {
	Body struct {
		Days   []UseDay    `json:"days" nullable:"false" doc:"Of the last 84 days those with any use."`
		Events []UsedEvent `json:"events" nullable:"false"`
	}
}

func (s *server) customerUse(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*customerUseOutput, error) {
	_, _, p, err := s.customerAt(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	days, features, err := p.Use(ctx, 84)
	if err != nil {
		return nil, err
	}
	out := &customerUseOutput{}
	out.Body.Days, out.Body.Events = []UseDay{}, []UsedEvent{}
	for _, d := range days {
		out.Body.Days = append(out.Body.Days, UseDay{d.Day.String(), d.People, d.Times})
	}
	for _, f := range features {
		out.Body.Events = append(out.Body.Events, UsedEvent{f.Event, f.Times, f.Before, f.People, f.Last.String()})
	}
	return out, nil
}

// SubscriptionLine is a run of days of a subscription.
type SubscriptionLine struct {
	Subscription string   `json:"subscription"`
	Product      string   `json:"product"`
	Plan         string   `json:"plan"`
	Quantity     *float64 `json:"quantity" doc:"null where it was never said."`
	MRR          float64  `json:"mrr" doc:"In major units of its own currency."`
	Currency     string   `json:"currency"`
	Status       string   `json:"status" enum:"active,unpaid,paused,lapsed,cancelled" doc:"One that is paused has an MRR where the conventions keep it (pauses: keep)."`
	Reason       *string  `json:"reason"`
	From         string   `json:"from" format:"date"`
	To           *string  `json:"to" format:"date" doc:"The first day after; null while it lasts."`
}

type subscriptionsOutput struct {
	Body struct {
		Lines []SubscriptionLine `json:"lines" nullable:"false"`
	}
}

func (s *server) customerSubscriptions(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*subscriptionsOutput, error) {
	if err := sight.Of(ctx).Shows(sight.Money); err != nil {
		return nil, err
	}
	a, _, p, err := s.customerAt(ctx, in.ID, in.Clocks)
	if err != nil {
		return nil, err
	}
	lines, err := s.Metrics.Lines(ctx, a.ID, p.AsOf, p.Known)
	out := &subscriptionsOutput{}
	out.Body.Lines = []SubscriptionLine{}
	for _, l := range lines {
		x := SubscriptionLine{l.Subscription, l.Product, l.Plan, l.Quantity, float64(l.Amount) / math.Pow10(l.Currency.Digits()), string(l.Currency), l.Status, orNull(l.Reason), l.From.String(), nil}
		if l.To != 0 {
			x.To = orNull(l.To.String())
		}
		out.Body.Lines = append(out.Body.Lines, x)
	}
	return out, err
}

// CustomerChange is what was done to customers at once.
type CustomerChange struct {
	ID       string     `json:"id"`
	At       time.Time  `json:"at"`
	Author   string     `json:"author" doc:"A member's id, or token:NAME."`
	Trait    string     `json:"trait" doc:"What was set, such as $owner.csm, $stage, $tag.NAME, $list.NAME."`
	Value    string     `json:"value"`
	Reason   *string    `json:"reason"`
	Count    int        `json:"count" doc:"Customers of whom it did not hold before."`
	Undone   *time.Time `json:"undone" doc:"null while it holds."`
	UndoneBy *string    `json:"undone_by"`
}

func newCustomerChange(c store.CustomerChange) CustomerChange {
	return CustomerChange{c.ID, c.At, c.Author, c.Trait, c.Value, orNull(c.Reason), c.Count, orNull(c.Undone), orNull(c.UndoneBy)}
}

func (s *server) customerWork() customer.Work {
	return customer.Work{Facts: s.Facts, Store: s.Store, Directory: s.Customers, Now: s.Now}
}

type changeOutput struct{ Body CustomerChange }

func (s *server) changeCustomers(ctx context.Context, in *struct {
	Body struct {
		Customers []string `json:"customers,omitempty" maxItems:"100000" doc:"Their ids."`
		Where     []string `json:"where,omitempty" doc:"Instead of ids: those that fit all of these conditions, written as in list-customers."`
		Do        string   `json:"do" enum:"owner,stage,tag,untag,list,unlist"`
		Role      string   `json:"role,omitempty" enum:"csm,support,sales" doc:"Of owner."`
		Member    string   `json:"member,omitempty" doc:"Of owner: a member's id, empty for nobody."`
		Stage     string   `json:"stage,omitempty" doc:"Of stage: its name, empty for none."`
		Reason    string   `json:"reason,omitempty" doc:"Of stage: why."`
		Name      string   `json:"name,omitempty" doc:"Of tag and list."`
	}
}) (*changeOutput, error) {
	b := in.Body
	var ids []farol.AccountID
	for _, id := range b.Customers {
		ids = append(ids, farol.AccountID(id))
	}
	switch {
	case len(b.Where) > 0 && len(ids) > 0:
		return nil, farol.InvalidField("where", "name customers or give conditions, not both")
	case len(b.Where) > 0:
		q, err := s.customerQuery(ctx, CustomerQuery{Where: b.Where})
		if err != nil {
			return nil, err
		}
		all, err := s.Customers.Accounts(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range q.Every(all) {
			ids = append(ids, a.ID)
		}
	case len(ids) == 0:
		return nil, farol.InvalidField("customers", "name at least one customer, or give conditions")
	}
	done, err := s.customerWork().Apply(ctx, ids, customer.Change{Do: b.Do, Role: b.Role, Member: b.Member, Stage: b.Stage, Reason: b.Reason, Name: b.Name, Author: "token:" + caller(ctx).Name})
	if done.At.IsZero() {
		done.At = s.Now()
	}
	return &changeOutput{newCustomerChange(done)}, err
}

type changesOutput struct {
	Body struct {
		Changes []CustomerChange `json:"changes" nullable:"false"`
	}
}

func (s *server) listCustomerChanges(ctx context.Context, in *struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100"`
}) (*changesOutput, error) {
	list, err := s.Store.CustomerChanges(ctx, "token:"+caller(ctx).Name, in.Limit)
	out := &changesOutput{}
	out.Body.Changes = each(list, newCustomerChange)
	return out, err
}

type undoneOutput struct {
	Body struct {
		Customers int `json:"customers" doc:"Of how many it was taken back: nobody had changed the same since."`
	}
}

func (s *server) undoCustomerChange(ctx context.Context, in *struct {
	Change string `path:"change"`
}) (*undoneOutput, error) {
	by := "token:" + caller(ctx).Name
	c, err := s.Store.SeenChange(ctx, by, in.Change)
	if err != nil {
		return nil, err
	}
	if err := ownOr(ctx, c.Author == by); err != nil {
		return nil, err
	}
	n, err := s.customerWork().Undo(ctx, in.Change, by)
	out := &undoneOutput{}
	out.Body.Customers = n
	return out, err
}
