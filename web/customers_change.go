package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// customerWork is what changes customers.
func (s *server) customerWork() customer.Work {
	return customer.Work{Facts: s.Facts, Store: s.Store, Directory: s.Customers, Now: s.Now}
}

// noMember is what a form sends for no member, so that nothing chosen is not
// nobody.
const noMember = "-"

// memberChosen is the member that a form names, "" for nobody. Errors are
// Invalid with the field.
func memberChosen(f url.Values, field string) (store.MemberID, error) {
	switch id := f.Get(field); id {
	case "":
		return "", farol.InvalidField(field, "Choose a member, or nobody.")
	case noMember:
		return "", nil
	default:
		return store.MemberID(id), nil
	}
}

// changeOf reads what is to be done to customers from a form.
func changeOf(v *visit, f url.Values) (c customer.Change, err error) {
	c = customer.Change{Do: f.Get("do"), Role: f.Get("role"), Stage: f.Get("stage"), Reason: f.Get("reason"), Author: string(v.member.ID)}
	if why := f.Get("handover"); c.Do == "owner" && why != "" {
		c.Reason = why
	}
	c.Name = f.Get("tag")
	switch c.Do {
	case "owner":
		var m store.MemberID
		m, err = memberChosen(f, "member")
		c.Member = string(m)
	case "stage":
		if c.Stage == "" {
			err = farol.InvalidField("stage", "Choose a stage.")
		}
	case "list", "unlist":
		c.Name = f.Get("list")
	}
	return c, err
}

// markCustomers does one thing to the customers that were ticked, or to all
// that fit what the page shows.
func (s *server) markCustomers(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	back, err := url.Parse(localPath(f.Get("back")))
	if err != nil {
		return farol.InvalidField("back", "This is not a page.")
	}
	ids, err := s.marked(v, f, back.Query())
	var done store.CustomerChange
	var change customer.Change
	if err == nil {
		change, err = changeOf(v, f)
	}
	if err == nil {
		done, err = s.customerWork().Apply(v.r.Context(), ids, change)
	}
	if refused, ok := v.refuse(err); err != nil && ok {
		if id, one := strings.CutPrefix(back.Path, "/customers/"); one && !strings.Contains(id, "/") {
			v.r.SetPathValue("id", id)
			f.Set("tab", back.Query().Get("tab"))
			return s.showCustomer(v, http.StatusUnprocessableEntity, refused, f)
		}
		return s.showCustomers(v, http.StatusUnprocessableEntity, refused, back.Query())
	}
	if err != nil {
		return err
	}
	to, err := s.offerUndo(v, back, done)
	if err != nil {
		return err
	}
	if to != "" {
		return v.redirect(to)
	}
	q := back.Query()
	q.Set("done", "customers")
	if q.Del("change"); done.ID != "" {
		q.Set("change", done.ID)
	} else {
		q.Set("done", "same")
	}
	return v.redirect(back.Path + "?" + q.Encode())
}

// marked are the accounts that the form is about.
func (s *server) marked(v *visit, f, look url.Values) ([]farol.AccountID, error) {
	if f.Get("everybody") == "yes" {
		n, err := s.names(v)
		if err != nil {
			return nil, err
		}
		l, err := s.readCustomers(v, look, &n)
		if err != nil {
			return nil, err
		}
		if l.view.Past() {
			return nil, farol.InvalidField("as_of", "The past cannot be changed: go back to now.")
		}
		all, err := s.Customers.Accounts(v.r.Context())
		if err != nil {
			return nil, err
		}
		var out []farol.AccountID
		for _, a := range l.query.Every(all) {
			out = append(out, a.ID)
		}
		return out, nil
	}
	if len(f["id"]) == 0 {
		return nil, farol.InvalidField("id", "Tick at least one customer.")
	}
	var out []farol.AccountID
	for _, id := range f["id"] {
		out = append(out, farol.AccountID(id))
	}
	return out, nil
}

// undoable fills the offer to take back what was just done.
func (s *server) undoable(v *visit, n names, p *customersPage) error {
	id := v.r.URL.Query().Get("change")
	if id == "" || v.r.Method != http.MethodGet {
		return nil
	}
	c, err := s.Store.SeenChange(v.r.Context(), string(v.member.ID), id)
	if farol.KindOf(err) == farol.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	p.UndoneText = n.changeText(c)
	if c.Undone.IsZero() && mayUndo(v, c) {
		p.Undo = "/customer-changes/" + url.PathEscape(c.ID)
	}
	p.Done = ""
	return nil
}

// mayUndo tells whether the member may take a change back: their own, or a
// leader anybody's.
func mayUndo(v *visit, c store.CustomerChange) bool {
	return workers.allows(v.member.Role) && (c.Author == string(v.member.ID) || leaders.allows(v.member.Role))
}

// changeText says what was done: "12 customers: CSM: Ana".
func (n names) changeText(c store.CustomerChange) string {
	text := n.v.p.N(c.Count, "%d customer", "%d customers") + ": " + markText(n, c.Trait, c.Value)
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	return text
}

// changesPage lists what was done to customers, the newest first.
type changesPage struct {
	shell
	refusal
	Rows []changeRow
}

type changeRow struct {
	ID, What, Who string
	At            time.Time
	Undone        time.Time
	UndoneBy      string
	May           bool
}

func (s *server) customerChanges(v *visit) error {
	return s.showChanges(v, http.StatusOK, refusal{})
}

func (s *server) showChanges(v *visit, status int, r refusal) error {
	p := changesPage{shell: v.shell(lang.Text("Changes to customers")), refusal: r}
	p.Question = v.p.T("What was done to customers lately, and can it be taken back?")
	p.Crumb = &crumb{v.p.T("Customers"), "/customers"}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	list, err := s.Store.CustomerChanges(v.r.Context(), string(v.member.ID), 100)
	if err != nil {
		return err
	}
	for _, c := range list {
		p.Rows = append(p.Rows, changeRow{c.ID, n.changeText(c), cmp.Or(v.author(n.members, c.Author), c.Author), c.At, c.Undone, v.author(n.members, c.UndoneBy), mayUndo(v, c)})
	}
	return s.send(v, status, "customer_changes", "layout", p)
}

func (s *server) undoCustomers(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	ctx, id := v.r.Context(), v.r.PathValue("id")
	c, err := s.Store.SeenChange(ctx, string(v.member.ID), id)
	if err != nil {
		return err
	}
	if !mayUndo(v, c) {
		return farol.Errorf(farol.Forbidden, "Your role may not do this.")
	}
	if _, err = s.customerWork().Undo(ctx, id, string(v.member.ID)); err == nil {
		return v.redirect(withDone(localPath(v.r.PostForm.Get("back")), "undone"))
	}
	if r, ok := v.refuse(err); ok {
		return s.showChanges(v, http.StatusUnprocessableEntity, r)
	}
	return err
}

// withDone is a local address with what was done, and without what an earlier
// one said.
func withDone(to, what string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Del("change")
	q.Set("done", what)
	return u.Path + "?" + q.Encode()
}

// markText says what the team, or Farol, said of the account.
func markText(n names, trait, value string) string {
	p := n.v.p
	name := func(prefix string) (string, bool) { return strings.CutPrefix(trait, prefix) }
	if role, ok := name(customer.OwnerTrait); ok {
		return p.T("%s: %s", p.Text(ownerTitles[role]), cmp.Or(n.members[value], value, p.T("nobody")))
	}
	if trait == customer.StageTrait {
		return p.T("Stage: %s", n.stage(value))
	}
	in := value == "true"
	if tag, ok := name(customer.TagTrait); ok && in {
		return p.T("Tagged %s", tag)
	} else if ok {
		return p.T("No longer tagged %s", tag)
	}
	if list, ok := name(customer.ListTrait); ok && in {
		return p.T("Put on the list %s", list)
	} else if ok {
		return p.T("Taken off the list %s", list)
	}
	if segment, ok := name("$segment."); ok && in {
		return p.T("Entered %s", n.book.Title(segment))
	} else if ok {
		return p.T("Left %s", n.book.Title(segment))
	}
	return p.T("%s: %s", strings.TrimPrefix(trait, "$"), value)
}
