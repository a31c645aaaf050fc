package customer

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Handover gives accounts to another owner: the mark changes from now on (the
// owners before stay in its history), the open tasks of the owner before go
// along, and a note on each account says what was handed over.
type Handover struct {
	Facts     *facts.Facts
	Store     *store.Store
	Directory *Directory
	// By is who does it, and the author of the notes; "" for the API token
	// named Token: the notes are then in the name of the owner before.
	By    store.MemberID
	Token string
	// Words writes the notes.
	Words *lang.Printer
	// change is that of customers which can be taken back, "" for none.
	change string
}

// Of fills in who does it (a member's id, or token:NAME) and the words: those
// of the company, for all read the notes.
func (h *Handover) Of(ctx context.Context, author string) error {
	h.Token, _ = strings.CutPrefix(author, "token:")
	if h.Token == author {
		h.Token, h.By = "", store.MemberID(author)
	}
	d, err := h.Store.Definition(ctx, metric.SettingKind, metric.CompanyName)
	if err != nil && farol.KindOf(err) != farol.NotFound {
		return err
	}
	var company metric.CompanyDocument
	h.Words = lang.For(lang.English)
	if json.Unmarshal(d.Body, &company) == nil && lang.Code(company.Language).Valid() {
		h.Words = lang.For(lang.Code(company.Language))
	}
	return nil
}

// HandoverKind is the kind of the notes.
const HandoverKind = "handover"

// Roles are those that a member may have for an account, with their words.
var Roles = []string{"csm", "support", "sales"}

var roleTitles = map[string]lang.Text{"csm": lang.Text("CSM"), "support": lang.Text("Support"), "sales": lang.Text("Sales")}

// Give makes to ("" for nobody) the owner of the accounts in the role, and
// answers how many changed hands. Accounts that had no owner get no note: there
// is nobody to hand over. Errors: NotFound for an account out of sight, Invalid
// with the field role or member.
func (h Handover) Give(ctx context.Context, ids []farol.AccountID, role string, to store.MemberID, why string) (int, error) {
	if !slices.Contains(Roles, role) {
		return 0, farol.InvalidField("role", "There is no such role.")
	}
	if to != "" {
		m, err := h.Store.Member(ctx, to)
		if err != nil || !m.Disabled.IsZero() {
			return 0, farol.InvalidField("member", "There is no such member.")
		}
	}
	var moved []*Account
	var marks []facts.Mark
	for _, id := range ids {
		a, err := h.Directory.Account(ctx, id)
		if err != nil {
			return 0, err
		}
		if a.Owner(role) != string(to) {
			moved = append(moved, a)
			marks = append(marks, facts.Mark{Account: a.ID, Trait: OwnerTrait + role, Value: string(to)})
		}
	}
	if len(moved) == 0 {
		return 0, nil
	}
	// The marks last: who did not get that far is asked again, and finds all
	// accounts that are still to be handed over.
	if err := h.notes(ctx, moved, role, to, why); err != nil {
		return 0, err
	}
	if err := h.Facts.SaveMarks(ctx, h.Directory.now(), marks); err != nil {
		return 0, err
	}
	return len(moved), h.Directory.Refresh(ctx)
}

func (h Handover) names(ctx context.Context) (map[store.MemberID]string, error) {
	members, err := h.Store.Members(ctx)
	out := map[store.MemberID]string{"": h.Words.T("nobody")}
	for _, m := range members {
		out[m.ID] = m.Name
	}
	return out, err
}

// notes writes down what is handed over, on each account that has an owner, and
// then moves their open tasks: the notes name those.
func (h Handover) notes(ctx context.Context, accounts []*Account, role string, to store.MemberID, why string) error {
	names, err := h.names(ctx)
	if err != nil {
		return err
	}
	open := map[store.MemberID]map[farol.AccountID][]store.Task{}
	var out []store.Note
	var moving []store.Task
	for _, a := range accounts {
		from := store.MemberID(a.Owner(role))
		if from == "" {
			continue
		}
		if open[from] == nil {
			if open[from], err = h.tasksOf(ctx, from); err != nil {
				return err
			}
		}
		tasks := open[from][a.ID]
		moving = append(moving, tasks...)
		out = append(out, h.note(a, role, to, why, names, tasks))
	}
	if err := h.Store.AddNotes(ctx, out); err != nil {
		return err
	}
	return h.Store.MoveTasks(ctx, h.change, moving, to, h.By)
}

// tasksOf are the open tasks of a member by account.
func (h Handover) tasksOf(ctx context.Context, m store.MemberID) (map[farol.AccountID][]store.Task, error) {
	const page = 10_000
	out := map[farol.AccountID][]store.Task{}
	for offset := 0; ; offset += page {
		list, err := h.Store.Tasks(ctx, store.TaskQuery{Owner: &m, Open: true, Limit: page, Offset: offset})
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			out[t.Account] = append(out[t.Account], t)
		}
		if len(list) < page {
			return out, nil
		}
	}
}

// note says what was handed over.
func (h Handover) note(a *Account, role string, to store.MemberID, why string, names map[store.MemberID]string, tasks []store.Task) store.Note {
	from, p := store.MemberID(a.Owner(role)), h.Words
	name := func(m store.MemberID) string { return cmp.Or(names[m], string(m)) }
	lines := []string{p.T("%s: from %s to %s.", p.Text(roleTitles[role]), name(from), name(to))}
	if why = strings.TrimSpace(why); why != "" {
		lines = append(lines, "", why)
	}
	if len(tasks) > 0 {
		lines = append(lines, "", p.T("Open tasks that go along:"), "")
	}
	for _, t := range tasks {
		line := "- " + t.Title
		if t.Due != 0 {
			line += " (" + p.Date(t.Due) + ")"
		}
		lines = append(lines, line)
	}
	author := h.By
	if author == "" {
		author = from
		lines = append(lines, "", p.T("Done by the API token %s.", h.Token))
	}
	return store.Note{Account: a.ID, Author: author, Title: p.T("Handover"), Body: strings.Join(lines, "\n"), Kind: HandoverKind}
}

// Owned counts the accounts that a member owns, in any role.
func (d *Directory) Owned(ctx context.Context, m store.MemberID) (int, error) {
	s, err := d.current(ctx)
	if err != nil {
		return 0, err
	}
	return len(s.owned()[string(m)]), nil
}

// Leave ends a member's access and gives what it owned to another: accounts in
// every role, and open tasks. to may be "" for nobody only when there is
// nothing to give. It is for admins: it moves what they may not see, too.
// Errors: Conflict when no admin would be left, Invalid with the field to.
func (h Handover) Leave(ctx context.Context, leaver, to store.MemberID, why string) (accounts int, err error) {
	ctx = sight.Everything(ctx)
	if leaver == to {
		return 0, farol.InvalidField("to", "choose somebody else")
	}
	all, err := h.Directory.Accounts(ctx)
	if err != nil {
		return 0, err
	}
	byRole := map[string][]farol.AccountID{}
	for _, role := range Roles {
		for id, a := range all {
			if a.Owner(role) == string(leaver) {
				byRole[role] = append(byRole[role], id)
			}
		}
		slices.Sort(byRole[role])
		accounts += len(byRole[role])
	}
	if accounts > 0 && to == "" {
		return 0, farol.InvalidField("to", "say who takes over the %d customers", accounts)
	}
	// First what may be refused: nobody may be without access and still own.
	off := true
	if _, err := h.Store.UpdateMember(ctx, leaver, store.MemberUpdate{Disabled: &off}); err != nil {
		return 0, err
	}
	for _, role := range Roles {
		if _, err := h.Give(ctx, byRole[role], role, to, why); err != nil {
			return accounts, err
		}
	}
	return accounts, h.Store.GiveTasks(ctx, leaver, to)
}
