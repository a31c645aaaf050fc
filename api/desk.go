package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

func (s *server) deskOperations() {
	tickets, desks := []string{"tickets"}, []string{"help desks"}
	register(s, team, huma.Operation{OperationID: "list-tickets", Method: http.MethodGet, Path: "/tickets", Tags: tickets,
		Summary: "Tickets, as they stand", Description: "Unsolved ones unless a status is given. Times are null where the help desk did not tell them."}, s.listTickets)
	register(s, team, huma.Operation{OperationID: "get-ticket", Method: http.MethodGet, Path: "/tickets/{source}/{id}", Tags: tickets,
		Summary: "One ticket", Errors: []int{404}}, s.getTicket)
	register(s, team, huma.Operation{OperationID: "list-waiting-requesters", Method: http.MethodGet, Path: "/requesters/waiting", Tags: tickets,
		Summary: "Requesters whom nobody knows, with how much waits for them"}, s.listWaiting)
	register(s, workers, huma.Operation{OperationID: "assign-requester", Method: http.MethodPost, Path: "/requesters", Tags: tickets,
		Summary: "Say whose a requester's tickets are", Description: "It is remembered, and what waited is taken in."}, s.assignRequester)
	register(s, workers, huma.Operation{OperationID: "forget-requester", Method: http.MethodDelete, Path: "/requesters", Tags: tickets,
		Summary: "Forget what was said of a requester", DefaultStatus: http.StatusNoContent}, s.forgetRequester)
	register(s, team, huma.Operation{OperationID: "list-desks", Method: http.MethodGet, Path: "/desks", Tags: desks,
		Summary: "The help desks that are connected"}, s.listDesks)
	register(s, leaders, huma.Operation{OperationID: "add-desk", Method: http.MethodPost, Path: "/desks", Tags: desks,
		Summary: "Connect a help desk", Description: "A secret that is made here is in the answer and nowhere else.", DefaultStatus: http.StatusCreated}, s.addDesk)
	register(s, leaders, huma.Operation{OperationID: "change-desk", Method: http.MethodPatch, Path: "/desks/{id}", Tags: desks,
		Summary: "Rename, disable or enable a help desk", Errors: []int{404}}, s.changeDesk)
	register(s, leaders, huma.Operation{OperationID: "renew-desk-secret", Method: http.MethodPost, Path: "/desks/{id}/secret", Tags: desks,
		Summary: "Replace a help desk's secret", Errors: []int{404}}, s.renewDesk)
	register(s, leaders, huma.Operation{OperationID: "delete-desk", Method: http.MethodDelete, Path: "/desks/{id}", Tags: desks,
		Summary: "Disconnect a help desk; its tickets stay", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.deleteDesk)
	register(s, team, huma.Operation{OperationID: "get-desk-mapping", Method: http.MethodGet, Path: "/desks/{id}/mapping", Tags: desks,
		Summary: "Where a webhook's fields are", Errors: []int{404}}, s.getMapping)
	register(s, leaders, huma.Operation{OperationID: "set-desk-mapping", Method: http.MethodPut, Path: "/desks/{id}/mapping", Tags: desks,
		Summary: "Say where a webhook's fields are: the next version", Errors: []int{404, 409}}, s.setMapping)
	register(s, leaders, huma.Operation{OperationID: "try-desk-mapping", Method: http.MethodPost, Path: "/desks/{id}/mapping/try", Tags: desks,
		Summary: "What a mapping reads of its sample; nothing is saved", Errors: []int{404}}, s.tryMapping)
	register(s, team, huma.Operation{OperationID: "list-deliveries", Method: http.MethodGet, Path: "/deliveries", Tags: desks,
		Summary: "What help desks sent, and what became of it, the newest first"}, s.listDeliveries)
	register(s, workers, huma.Operation{OperationID: "replay-delivery", Method: http.MethodPost, Path: "/deliveries/{id}/replay", Tags: desks,
		Summary: "Take a delivery in again, without doubles", Errors: []int{404}}, s.replayDelivery)
	register(s, workers, huma.Operation{OperationID: "replay-deliveries", Method: http.MethodPost, Path: "/deliveries/replay", Tags: desks,
		Summary: "Take in again all that is in a state, the oldest first"}, s.replayDeliveries)
}

// Ticket is a ticket as it stands.
type Ticket struct {
	Source      string     `json:"source"`
	ID          string     `json:"id"`
	Account     string     `json:"account"`
	Person      *string    `json:"person" doc:"Who asked; null when not known."`
	Requester   *string    `json:"requester" doc:"Who asked, as the help desk names them."`
	Subject     *string    `json:"subject"`
	Status      string     `json:"status" enum:"open,pending,on_hold,solved,closed"`
	StatusRaw   *string    `json:"status_raw" doc:"The help desk's own word."`
	Priority    *string    `json:"priority"`
	Channel     *string    `json:"channel"`
	Topic       *string    `json:"topic"`
	Assignee    *string    `json:"assignee"`
	Tags        []string   `json:"tags" nullable:"false"`
	URL         *string    `json:"url"`
	Opened      time.Time  `json:"opened_at"`
	FirstReply  *time.Time `json:"first_reply_at"`
	Solved      *time.Time `json:"solved_at"`
	Updated     time.Time  `json:"updated_at"`
	Reopened    int        `json:"reopened_count"`
	CSAT        *float64   `json:"csat" doc:"0 to 1; null when it was not rated."`
	CSATRaw     *string    `json:"csat_raw"`
	CSATComment *string    `json:"csat_comment"`
}

func newTicket(t facts.Ticket) Ticket {
	tags := t.Tags
	if tags == nil {
		tags = []string{}
	}
	return Ticket{
		string(t.Source), t.ID, string(t.Account), orNull(string(t.Person)), orNull(t.Requester), orNull(t.Subject), t.Status, orNull(t.StatusRaw), orNull(t.Priority), orNull(t.Channel), orNull(t.Topic),
		orNull(t.Assignee), tags, orNull(t.URL), t.Opened, orNull(t.FirstReply), orNull(t.Solved), t.Updated, t.Reopened, t.CSAT, orNull(t.CSATRaw), orNull(t.CSATComment),
	}
}

type listTicketsInput struct {
	Clocks
	Status   string `query:"status" enum:"unsolved,all,open,pending,on_hold,solved,closed" default:"unsolved"`
	Account  string `query:"account"`
	Topic    string `query:"topic"`
	Priority string `query:"priority" enum:"low,normal,high,urgent,"`
	Source   string `query:"source"`
	Search   string `query:"q" doc:"Words of subject, id, account or requester, accents aside."`
	From     string `query:"from" format:"date" doc:"Opened from this day on."`
	To       string `query:"to" format:"date" doc:"Opened before this day."`
	Sort     string `query:"sort" enum:"opened,updated,waited,account" default:"opened"`
	Offset   int    `query:"offset" minimum:"0"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Among
}

type listTicketsOutput struct {
	Body struct {
		Tickets []Ticket `json:"tickets" nullable:"false"`
		Count   int      `json:"count" doc:"How many fit in all."`
	}
}

func (s *server) listTickets(ctx context.Context, in *listTicketsInput) (*listTicketsOutput, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	q := desk.Query{
		Status: in.Status, Account: farol.AccountID(in.Account), Topic: in.Topic, Priority: in.Priority, Source: farol.SourceID(in.Source), Search: in.Search, Sort: in.Sort,
		Offset: in.Offset, Limit: in.Limit, Zone: cal.Zone, Sight: sight.Of(ctx),
	}
	if q.Status == "all" {
		q.Status = ""
	}
	if q.From, err = day("from", in.From); err != nil {
		return nil, err
	}
	if q.To, err = day("to", in.To); err != nil {
		return nil, err
	}
	if q.Keep, err = s.only(ctx, in.Clocks, in.Among); err != nil {
		return nil, err
	}
	all, err := s.ticketsAt(ctx, in.Clocks, cal)
	if err != nil {
		return nil, err
	}
	page, count := q.Of(all)
	out := &listTicketsOutput{}
	out.Body.Tickets, out.Body.Count = make([]Ticket, 0, len(page)), count
	for _, t := range page {
		out.Body.Tickets = append(out.Body.Tickets, newTicket(*t))
	}
	return out, nil
}

// ticketsAt are all tickets, as of a day and as known at an instant.
func (s *server) ticketsAt(ctx context.Context, c Clocks, cal farol.Calendar) (map[desk.Key]*facts.Ticket, error) {
	if c.AsOf == "" && c.Known == "" {
		return s.Book.Tickets(ctx)
	}
	q, err := facts.TicketFilter{}, error(nil)
	if q.AsOf, err = c.asOf(); err != nil {
		return nil, err
	}
	if q.Known, err = c.known(cal.Zone); err != nil {
		return nil, err
	}
	out := map[desk.Key]*facts.Ticket{}
	err = s.Facts.Tickets(ctx, q, func(t facts.Ticket) { out[desk.Key{Source: t.Source, ID: t.ID}] = &t })
	return out, err
}

type ticketOutput struct{ Body Ticket }

func (s *server) getTicket(ctx context.Context, in *struct {
	Clocks
	Source string `path:"source"`
	ID     string `path:"id"`
}) (*ticketOutput, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	q := facts.TicketFilter{Source: farol.SourceID(in.Source), ID: in.ID}
	if q.AsOf, err = in.asOf(); err != nil {
		return nil, err
	}
	if q.Known, err = in.known(cal.Zone); err != nil {
		return nil, err
	}
	var out *ticketOutput
	err = s.Facts.Tickets(ctx, q, func(t facts.Ticket) { out = &ticketOutput{newTicket(t)} })
	if err == nil && out == nil {
		err = farol.Errorf(farol.NotFound, "there is no such ticket")
	}
	return out, err
}

// WaitingRequester is somebody whom nobody knows.
type WaitingRequester struct {
	Who        string    `json:"who" doc:"What to name in assign-requester."`
	Name       string    `json:"name" doc:"The requester for people."`
	Subject    string    `json:"subject" doc:"Of one of the tickets."`
	Source     string    `json:"source"`
	Deliveries int       `json:"deliveries"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
}

func (s *server) listWaiting(ctx context.Context, _ *struct{}) (*struct {
	Body struct {
		Requesters []WaitingRequester `json:"requesters" nullable:"false"`
	}
}, error) {
	out := &struct {
		Body struct {
			Requesters []WaitingRequester `json:"requesters" nullable:"false"`
		}
	}{}
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	list, err := s.Store.WaitingRequesters(ctx)
	out.Body.Requesters = make([]WaitingRequester, 0, len(list))
	for _, w := range list {
		out.Body.Requesters = append(out.Body.Requesters, WaitingRequester{w.Requester, w.Who, w.Subject, string(w.Source), w.Deliveries, w.First, w.Last})
	}
	return out, err
}

type countOutput struct {
	Body struct {
		Taken int `json:"taken" doc:"How many deliveries were taken in."`
	}
}

func (s *server) assignRequester(ctx context.Context, in *struct {
	Body struct {
		Who     string `json:"who" doc:"email:ADDRESS, id:SOURCE:ID, org:SOURCE:ID or ticket:SOURCE:ID."`
		Account string `json:"account"`
		Person  string `json:"person,omitempty"`
		Domain  bool   `json:"domain,omitempty" doc:"Everybody of the address' domain is meant."`
	}
}) (*countOutput, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	b, out := in.Body, &countOutput{}
	n, err := s.Desks.Assign(ctx, b.Who, farol.AccountID(b.Account), farol.PersonID(b.Person), b.Domain, keeper(ctx).ID)
	out.Body.Taken = n
	s.Book.Refresh()
	return out, err
}

func (s *server) forgetRequester(ctx context.Context, in *struct {
	Who string `query:"who" required:"true"`
}) (*struct{}, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	return nil, s.Store.SetRequester(ctx, store.Requester{Who: in.Who})
}

// Desk is a help desk.
type Desk struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Kind     string         `json:"kind" enum:"zendesk,intercom,chatwoot,freshdesk,webhook"`
	Path     string         `json:"path" doc:"Where it sends to, on this server."`
	Created  time.Time      `json:"created"`
	Disabled *time.Time     `json:"disabled"`
	Counts   map[string]int `json:"deliveries" doc:"How many deliveries are in each state."`
	Secret   *string        `json:"secret,omitempty" doc:"Only where one was just made."`
}

func (s *server) newDesk(ctx context.Context, d store.Desk) (Desk, error) {
	counts, err := s.Store.DeliveryCounts(ctx, d.ID)
	return Desk{ID: string(d.ID), Name: d.Name, Kind: d.Kind, Path: "/hooks/" + string(d.ID), Created: d.Created, Disabled: orNull(d.Disabled), Counts: counts}, err
}

type deskOutput struct{ Body Desk }

func (s *server) listDesks(ctx context.Context, _ *struct{}) (*struct {
	Body struct {
		Desks []Desk `json:"desks" nullable:"false"`
	}
}, error) {
	out := &struct {
		Body struct {
			Desks []Desk `json:"desks" nullable:"false"`
		}
	}{}
	out.Body.Desks = []Desk{}
	list, err := s.Store.Desks(ctx)
	for _, d := range list {
		x, err := s.newDesk(ctx, d)
		if err != nil {
			return nil, err
		}
		out.Body.Desks = append(out.Body.Desks, x)
	}
	return out, err
}

func (s *server) addDesk(ctx context.Context, in *struct {
	Body struct {
		Kind   string `json:"kind"`
		Name   string `json:"name"`
		Secret string `json:"secret,omitempty" doc:"What it signs with; none for freshdesk and webhook."`
	}
}) (*deskOutput, error) {
	d, secret, err := s.Store.AddDesk(ctx, in.Body.Kind, in.Body.Name, in.Body.Secret)
	if err != nil {
		return nil, err
	}
	x, err := s.newDesk(ctx, d)
	x.Secret = orNull(secret)
	return &deskOutput{x}, err
}

func (s *server) deskOf(ctx context.Context, id string) (*deskOutput, error) {
	d, err := s.Store.Desk(ctx, farol.SourceID(id))
	if err != nil {
		return nil, err
	}
	x, err := s.newDesk(ctx, d)
	return &deskOutput{x}, err
}

func (s *server) changeDesk(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name     *string `json:"name,omitempty"`
		Disabled *bool   `json:"disabled,omitempty"`
	}
}) (*deskOutput, error) {
	if _, err := s.Store.Desk(ctx, farol.SourceID(in.ID)); err != nil {
		return nil, err
	}
	if _, err := s.Store.UpdateSource(ctx, farol.SourceID(in.ID), store.SourceUpdate{Name: in.Body.Name, Disabled: in.Body.Disabled}); err != nil {
		return nil, err
	}
	return s.deskOf(ctx, in.ID)
}

func (s *server) renewDesk(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Secret string `json:"secret,omitempty"`
	}
}) (*deskOutput, error) {
	secret, err := s.Store.RenewDesk(ctx, farol.SourceID(in.ID), in.Body.Secret)
	if err != nil {
		return nil, err
	}
	out, err := s.deskOf(ctx, in.ID)
	if err == nil {
		out.Body.Secret = orNull(secret)
	}
	return out, err
}

func (s *server) deleteDesk(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{}, error) {
	if _, err := s.Store.Desk(ctx, farol.SourceID(in.ID)); err != nil {
		return nil, err
	}
	return nil, s.Store.DeleteSource(ctx, farol.SourceID(in.ID))
}

// MappingBody is where a webhook's fields are.
type MappingBody struct {
	Sample     json.RawMessage   `json:"sample,omitempty"`
	Fields     map[string]string `json:"fields" doc:"Names of a ticket's fields to paths such as issue.fields[0].name; what begins with = holds always."`
	Statuses   map[string]string `json:"statuses,omitempty"`
	Priorities map[string]string `json:"priorities,omitempty"`
	CSATMin    float64           `json:"csat_min,omitempty"`
	CSATMax    float64           `json:"csat_max,omitempty"`
}

type mappingOutput struct {
	Body struct {
		Version int         `json:"version"`
		Mapping MappingBody `json:"mapping"`
	}
}

func (s *server) getMapping(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*mappingOutput, error) {
	if _, err := s.Store.Desk(ctx, farol.SourceID(in.ID)); err != nil {
		return nil, err
	}
	m, err := s.Desks.Mapping(ctx, farol.SourceID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &mappingOutput{}
	out.Body.Mapping = MappingBody(m)
	if out.Body.Mapping.Fields == nil {
		out.Body.Mapping.Fields = map[string]string{}
	}
	if d, err := s.Store.Definition(ctx, desk.MappingKind, in.ID); err == nil {
		out.Body.Version = d.Version
	}
	return out, nil
}

func (s *server) setMapping(ctx context.Context, in *struct {
	Seen
	ID   string `path:"id"`
	Body MappingBody
}) (*mappingOutput, error) {
	d, err := s.Desks.SaveMapping(ctx, farol.SourceID(in.ID), desk.Mapping(in.Body), "token:"+caller(ctx).Name, in.seen())
	out := &mappingOutput{}
	out.Body.Version, out.Body.Mapping = d.Version, in.Body
	return out, err
}

func (s *server) tryMapping(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body MappingBody
}) (*struct{ Body any }, error) {
	if _, err := s.Store.Desk(ctx, farol.SourceID(in.ID)); err != nil {
		return nil, err
	}
	r, err := desk.Mapping(in.Body).Read(in.Body.Sample)
	if err != nil {
		return nil, err
	}
	t := r.Ticket
	return &struct{ Body any }{map[string]any{
		"id": t.ID, "subject": t.Subject, "status": t.Status, "status_raw": t.StatusRaw, "priority": t.Priority, "channel": t.Channel, "topic": t.Topic, "tags": t.Tags, "assignee": t.Assignee, "url": t.URL,
		"opened_at": orNull(t.Opened), "first_reply_at": orNull(t.FirstReply), "solved_at": orNull(t.Solved), "updated_at": orNull(t.Updated), "csat": t.CSAT, "requester": t.Requester.String(), "account": t.Requester.Account,
	}}, nil
}

// Delivery is what a help desk sent in one request.
type Delivery struct {
	ID       string     `json:"id"`
	Source   string     `json:"source"`
	Received time.Time  `json:"received"`
	State    string     `json:"state" enum:"new,taken,ignored,rejected,waiting"`
	Field    *string    `json:"field" doc:"The field that is wrong with one that was rejected."`
	Reason   *string    `json:"reason"`
	Ticket   *string    `json:"ticket"`
	Who      *string    `json:"requester"`
	Tries    int        `json:"tries"`
	Settled  *time.Time `json:"settled"`
	Body     string     `json:"body" doc:"As it came."`
}

func newDelivery(ctx context.Context, d store.Delivery) Delivery {
	return Delivery{d.ID, string(d.Source), d.Received, d.State, orNull(d.Field), orNull(d.Reason), orNull(d.Ticket), orNull(d.Who), d.Tries, orNull(d.Settled), string(sight.Of(ctx).Properties(d.Body))}
}

type listDeliveriesOutput struct {
	Body struct {
		Deliveries []Delivery `json:"deliveries" nullable:"false"`
		Next       *string    `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listDeliveries(ctx context.Context, in *struct {
	Source string `query:"source"`
	State  string `query:"state" enum:"new,taken,ignored,rejected,waiting,"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After  string `query:"after"`
}) (*listDeliveriesOutput, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	list, err := s.Store.Deliveries(ctx, store.DeliveryQuery{Source: farol.SourceID(in.Source), State: in.State, After: in.After, Limit: in.Limit})
	out := &listDeliveriesOutput{}
	out.Body.Deliveries = make([]Delivery, 0, len(list))
	for _, d := range list {
		out.Body.Deliveries = append(out.Body.Deliveries, newDelivery(ctx, d))
	}
	if len(list) == in.Limit {
		out.Body.Next = &list[len(list)-1].ID
	}
	return out, err
}

func (s *server) replayDelivery(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*struct{ Body Delivery }, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	d, err := s.Desks.Replay(ctx, in.ID)
	s.Book.Refresh()
	return &struct{ Body Delivery }{newDelivery(ctx, d)}, err
}

func (s *server) replayDeliveries(ctx context.Context, in *struct {
	Body struct {
		State  string `json:"state" enum:"new,rejected,waiting"`
		Source string `json:"source,omitempty"`
	}
}) (*countOutput, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, err
	}
	n, err := s.Desks.ReplayAll(ctx, store.DeliveryQuery{State: in.Body.State, Source: farol.SourceID(in.Body.Source)})
	out := &countOutput{}
	out.Body.Taken = n
	s.Book.Refresh()
	return out, err
}
