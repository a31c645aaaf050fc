package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

var deliveryStates = []string{store.DeliveryTaken, store.DeliveryWaiting, store.DeliveryRejected, store.DeliveryIgnored, store.DeliveryNew}

var deliveryTitles = map[string]lang.Text{
	store.DeliveryTaken: lang.Text("Taken in"), store.DeliveryWaiting: lang.Text("Waiting for an owner"), store.DeliveryRejected: lang.Text("Could not be read"),
	store.DeliveryIgnored: lang.Text("Nothing new"), store.DeliveryNew: lang.Text("Not looked at yet"),
}

// deliveriesPage is what help desks sent, and what became of it.
type deliveriesPage struct {
	shell
	Rows        []deliveryRow
	State       string
	States      []pageTab
	Source      string
	Next, First string
	Replayable  bool
}

type deliveryRow struct {
	store.Delivery
	SourceName, StateText, Text string
	Bad                         bool
}

func (s *server) deliveries(v *visit) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	q := v.r.URL.Query()
	p := deliveriesPage{shell: v.shell(lang.Text("What help desks sent")), State: cmp.Or(q.Get("state"), store.DeliveryRejected), Source: q.Get("source")}
	p.Question, p.Crumb = v.p.T("What did help desks send, and what became of it?"), &crumb{v.p.T("Tickets"), "/tickets"}
	if !slices.Contains(deliveryStates, p.State) {
		return farol.InvalidField("state", "there is no such state: %s", p.State)
	}
	address := func(pairs ...string) string {
		x := url.Values{"state": {p.State}}
		if p.Source != "" {
			x.Set("source", p.Source)
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			x.Set(pairs[i], pairs[i+1])
		}
		return "/tickets/deliveries?" + x.Encode()
	}
	for _, state := range deliveryStates {
		p.States = append(p.States, pageTab{v.p.Text(deliveryTitles[state]), address("state", state), state == p.State})
	}
	names, err := s.Store.SourceNames(v.r.Context())
	if err != nil {
		return err
	}
	list, err := s.Store.Deliveries(v.r.Context(), store.DeliveryQuery{Source: farol.SourceID(p.Source), State: p.State, After: q.Get("after"), Limit: 50})
	if err != nil {
		return err
	}
	for _, d := range list {
		row := deliveryRow{Delivery: d, SourceName: cmp.Or(names[d.Source], string(d.Source)), StateText: v.p.Text(deliveryTitles[d.State]), Text: indented(sight.Of(v.r.Context()).Properties(d.Body)), Bad: d.State == store.DeliveryRejected}
		if r := []rune(row.Text); len(r) > 20_000 {
			row.Text = string(r[:20_000]) + "…"
		}
		row.Reason = v.p.T(row.Reason)
		p.Rows = append(p.Rows, row)
	}
	if len(list) == 50 {
		p.Next = address("after", list[49].ID)
	}
	if q.Get("after") != "" {
		p.First = address()
	}
	p.Replayable = len(p.Rows) > 0 && p.State != store.DeliveryTaken && p.State != store.DeliveryIgnored
	return s.send(v, http.StatusOK, "deliveries", "layout", p)
}

// replay takes in again one delivery, or all that are in a state.
func (s *server) replay(v *visit) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	var err error
	switch id, state := f.Get("id"), f.Get("state"); {
	case id != "":
		_, err = s.Desks.Replay(v.r.Context(), id)
	case slices.Contains([]string{store.DeliveryRejected, store.DeliveryWaiting, store.DeliveryNew}, state):
		_, err = s.Desks.ReplayAll(v.r.Context(), store.DeliveryQuery{Source: farol.SourceID(f.Get("source")), State: state})
	default:
		err = farol.InvalidField("id", "Choose what to do.")
	}
	if err != nil {
		return err
	}
	s.Book.Refresh()
	return v.done("/tickets/deliveries", "replayed")
}

// waitingPage is whose tickets nobody knows.
type waitingPage struct {
	shell
	refusal
	Rows   []waitingRow
	Known  []requesterRow
	Fields url.Values
}

type waitingRow struct {
	store.Waiting
	SourceName, Count string
	// Domain is what may be remembered for everybody, "" for none.
	Domain string
	// Proposal is the account whose name alone resembles, "" for none.
	Proposal string
}

type requesterRow struct {
	store.Requester
	Name, AuthorName string
}

// Get is what was typed into a form that was refused.
func (p waitingPage) Get(name string) string { return p.Fields.Get(name) }

func (s *server) waiting(v *visit) error {
	return s.showWaiting(v, http.StatusOK, refusal{}, nil)
}

func (s *server) showWaiting(v *visit, status int, r refusal, fields url.Values) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	p := waitingPage{shell: v.shell(lang.Text("Requesters whom nobody knows")), refusal: r, Fields: fields}
	p.Question, p.Crumb = v.p.T("Whose tickets are these?"), &crumb{v.p.T("Tickets"), "/tickets"}
	ctx := v.r.Context()
	list, err := s.Store.WaitingRequesters(ctx)
	if err != nil {
		return err
	}
	names, err := s.Store.SourceNames(ctx)
	if err != nil {
		return err
	}
	accounts, err := s.Customers.Accounts(ctx)
	if err != nil {
		return err
	}
	var all *accountNames
	for _, w := range list {
		row := waitingRow{Waiting: w, SourceName: cmp.Or(names[w.Source], string(w.Source)), Count: v.p.Number(float64(w.Deliveries), 0)}
		if mail, ok := strings.CutPrefix(w.Requester, "email:"); ok {
			row.Domain = desk.OwnDomain(mail)
		}
		word, _, _ := strings.Cut(row.Domain, ".")
		if word != "" {
			if all == nil {
				all = namesOf(accounts)
			}
			if like := all.holding(word, 2); len(like) == 1 {
				row.Proposal = like[0].Name
			}
		}
		p.Rows = append(p.Rows, row)
	}
	known, err := s.Store.Requesters(ctx)
	if err != nil {
		return err
	}
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, k := range known {
		row := requesterRow{Requester: k, Name: string(k.Account), AuthorName: cmp.Or(who[k.Author], k.Author)}
		if a := accounts[k.Account]; a != nil {
			row.Name = a.Name
		}
		p.Known = append(p.Known, row)
	}
	return s.send(v, status, "waiting", "layout", p)
}

// accountNames are the names of many accounts in one text, in order: each is
// folded once, however often one is looked for.
type accountNames struct {
	list []choice
	ends []int // where each name ends in text
	text string
}

// namesOf takes in the accounts that are no tests.
func namesOf(accounts map[farol.AccountID]*customer.Account) *accountNames {
	n := &accountNames{}
	for id, a := range accounts {
		if !a.Test {
			n.list = append(n.list, choice{Value: string(id), Name: a.Name})
		}
	}
	slices.SortFunc(n.list, func(a, b choice) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	var b strings.Builder
	for _, c := range n.list {
		b.WriteString(lang.Fold(c.Name))
		n.ends = append(n.ends, b.Len())
		b.WriteByte('\n') // no word of an address holds one
	}
	n.text = b.String()
	return n
}

// holding are the first accounts whose names hold the word, limit at most.
func (n *accountNames) holding(word string, limit int) (out []choice) {
	word = lang.Fold(word)
	for at := 0; len(out) < limit; {
		i := strings.Index(n.text[at:], word)
		if i < 0 || word == "" {
			break
		}
		of, _ := slices.BinarySearch(n.ends, at+i+len(word))
		out, at = append(out, n.list[of]), n.ends[of]
	}
	return out
}

// assign says whose a requester's tickets are, or forgets what was said.
func (s *server) assign(v *visit) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	if f.Get("do") == "forget" {
		if err := s.Store.SetRequester(ctx, store.Requester{Who: f.Get("who")}); err != nil {
			return err
		}
		return v.done("/tickets/waiting", "saved")
	}
	account, err := s.accountField(v, "account", f.Get("account"))
	if err == nil {
		_, err = s.Desks.Assign(ctx, f.Get("who"), account, farol.PersonID(strings.TrimSpace(f.Get("person"))), f.Get("domain") == "yes", string(v.member.ID))
	}
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showWaiting(v, http.StatusUnprocessableEntity, refused, f)
		}
		return err
	}
	s.Book.Refresh()
	return v.done("/tickets/waiting", "assigned")
}
