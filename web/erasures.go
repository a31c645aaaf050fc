package web

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// exportPerson is everything known of a person, as a file.
func (s *server) exportPerson(v *visit) error {
	id := farol.PersonID(v.r.PathValue("id"))
	today := v.company.calendar().Today(v.now)
	if _, err := customer.ReadContact(v.r.Context(), s.Facts, id, today, 0, time.Time{}); err != nil {
		return err
	}
	if err := sight.Of(v.r.Context()).All(); err != nil {
		return err
	}
	v.exported = true
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="person.json"`)
	return customer.ExportPerson(v.r.Context(), v.w, s.Store, s.Facts, today, id)
}

// erasePage asks whether a person is really to be erased.
type erasePage struct {
	shell
	refusal
	ID, Name string
	Rows     []mergeRow
	Fields   url.Values
}

// Get is what was typed.
func (p erasePage) Get(name string) string { return p.Fields.Get(name) }

func (s *server) erasePerson(v *visit) error {
	return s.showErase(v, http.StatusOK, refusal{}, farol.PersonID(v.r.PathValue("id")), url.Values{})
}

func (s *server) showErase(v *visit, status int, r refusal, id farol.PersonID, typed url.Values) error {
	c, err := customer.ReadContact(v.r.Context(), s.Facts, id, v.company.calendar().Today(v.now), 0, time.Time{})
	if err != nil {
		return err
	}
	p := erasePage{shell: v.shell(lang.Text("Erase this person")), refusal: r, ID: string(c.ID), Name: contactTitle(v, c), Fields: typed}
	p.Question = v.p.T("What goes when this person is erased, and what stays?")
	p.Crumb = &crumb{contactTitle(v, c), personHref(c.ID)}
	p.Rows = []mergeRow{
		{v.p.T("Goes"), v.p.T("Who it is: ids, name, addresses, attributes, role."), ""},
		{v.p.T("Goes"), v.p.T("What they did, answered and asked; the figures of those days are computed anew, and the ledger says how much each moved."), ""},
		{v.p.T("Goes"), v.p.T("Their name and addresses in notes, tasks, messages, other people's events, and the audit log."), ""},
		{v.p.T("Stays"), v.p.T("What the account pays, without who clicked."), ""},
		{v.p.T("Stays"), v.p.T("That they refused to be written to, as a code that nobody can read back. Events that come later with the same ids are refused."), ""},
	}
	return s.send(v, status, "erase", "layout", p)
}

// doErase begins the erasure and does it at once; what is cut off goes on in
// the background.
func (s *server) doErase(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	id, confirm := farol.PersonID(f.Get("person")), f.Get("confirm")
	reason := f.Get("reason")
	// The audit log tells what was done, not to whom.
	f.Del("person")
	f.Del("confirm")
	today := v.company.calendar().Today(v.now)
	var err error
	if confirm != string(id) {
		err = farol.InvalidField("confirm", "Type the id exactly as it is shown.")
	}
	var e store.Erasure
	if err == nil {
		e, err = customer.BeginErasure(ctx, s.Store, s.Facts, today, customer.EraseRequest{Person: id, Reason: reason, Author: string(v.member.ID), Name: v.member.Name})
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		f.Del("reason")
		return s.showErase(v, http.StatusUnprocessableEntity, refused, id, url.Values{"reason": {reason}})
	}
	if err != nil {
		return err
	}
	f.Set("erasure", e.ID)
	if err := customer.ContinueErasures(ctx, s.Store, s.Facts); err != nil {
		return err
	}
	if err := s.Customers.Refresh(ctx); err != nil {
		return err
	}
	s.Saved(ctx)
	return v.done("/erasures/"+e.ID, "erased")
}

// erasuresPage lists what was erased.
type erasuresPage struct {
	shell
	Rows []erasureRow
}

type erasureRow struct {
	ID, Name, Reason, Lost string
	Created                time.Time
	Open, Lifted           bool
}

func (s *server) erasures(v *visit) error {
	p := erasuresPage{shell: v.shell(lang.Text("Erasures"))}
	p.Question = v.p.T("Whose data were erased, why, and what did it move? (Nobody is named here.)")
	list, err := s.Store.Erasures(v.r.Context())
	if err != nil {
		return err
	}
	for _, e := range list {
		p.Rows = append(p.Rows, erasureRowOf(v, e))
	}
	return s.send(v, http.StatusOK, "erasures", "layout", p)
}

func erasureRowOf(v *visit, e store.Erasure) erasureRow {
	return erasureRow{e.ID, e.Name, e.Reason, v.p.N(int(e.Rows["events"]), "%d event", "%d events"), e.Created, e.Done.IsZero(), !e.Lifted.IsZero()}
}

// erasurePage is one, with the figures that it moved.
type erasurePage struct {
	shell
	Row   erasureRow
	Kinds []mergeRow
	Moved []restatedRow
}

// lostKinds are what an erasure counts, in words.
var lostKinds = []struct {
	kind  string
	title lang.Text
}{
	{"events", lang.Text("Events")}, {"answers", lang.Text("Answers")}, {"tickets", lang.Text("Tickets")}, {"journeys", lang.Text("Leads, invitations, referrals and surveys sent")},
	{"changes", lang.Text("Attributes said")}, {"texts", lang.Text("Texts of the team")},
}

func (s *server) erasure(v *visit) error {
	e, err := s.Store.Erasure(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	p := erasurePage{shell: v.shell(lang.Text("Erasure")), Row: erasureRowOf(v, e)}
	p.Question = v.p.T("Which figures did this erasure move, and by how much?")
	p.Crumb = &crumb{v.p.T("Erasures"), "/erasures"}
	for _, k := range lostKinds {
		p.Kinds = append(p.Kinds, mergeRow{v.p.Text(k.title), strconv.FormatInt(e.Rows[k.kind], 10), ""})
	}
	if !e.Known.IsZero() {
		moved, _, err := s.Metrics.Restatements(v.r.Context(), metric.Ledger{Since: e.Known, Limit: 1000})
		if err != nil {
			return err
		}
		for _, x := range moved {
			if x.WasKnown.Before(e.Known) && !sameFigure(x.Was.Value, x.Is.Value) {
				p.Moved = append(p.Moved, v.moved(x))
			}
		}
	}
	return s.send(v, http.StatusOK, "erasure", "layout", p)
}

// liftErasure lets the ids come again.
func (s *server) liftErasure(v *visit) error {
	ctx, id := v.r.Context(), v.r.PathValue("id")
	if err := s.Store.LiftErasure(ctx, id); err != nil {
		return err
	}
	if err := customer.UseTombstones(ctx, s.Store, s.Facts); err != nil {
		return err
	}
	return v.done("/erasures/"+id, "saved")
}

// sameFigure tells whether two values differ by the order of adding alone.
func sameFigure(a, b *float64) bool {
	return a != nil && b != nil && math.Abs(*a-*b) <= 1e-9*max(1, math.Abs(*a))
}
