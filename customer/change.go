package customer

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// OwnerRoles are the roles that a member may have for an account.
var OwnerRoles = []string{"csm", "support", "sales"}

// Work is what members do to customers.
type Work struct {
	Facts     *facts.Facts
	Store     *store.Store
	Directory *Directory
	Now       func() time.Time
}

// Change is one thing to be said of customers.
type Change struct {
	// Do is "owner", "stage", "tag", "untag", "list" or "unlist".
	Do string
	// Role and Member are those of "owner"; no member is nobody.
	Role, Member string
	// Stage is that of "stage", "" for none, and Reason why.
	Stage, Reason string
	// Name is the tag or the list.
	Name string
	// Author is a member's id, or token:ID.
	Author string
}

// maxReason bounds a reason, in letters.
const maxReason = 500

// mark checks the change and answers what it sets. Errors are Invalid and name
// the field: do, role, member, stage, reason, tag or list.
func (w Work) mark(ctx context.Context, c Change) (trait, value string, err error) {
	switch c.Do {
	case "owner":
		if !slices.Contains(OwnerRoles, c.Role) {
			return "", "", farol.InvalidField("role", "There is no such role.")
		}
		if c.Member != "" {
			if m, err := w.Store.Member(ctx, store.MemberID(c.Member)); err != nil || !m.Disabled.IsZero() {
				return "", "", farol.InvalidField("member", "There is no such member.")
			}
		}
		if len([]rune(c.Reason)) > maxReason {
			return "", "", farol.InvalidField("reason", "must have at most %d letters", maxReason)
		}
		return OwnerTrait + c.Role, c.Member, nil
	case "stage":
		stages, _, err := ReadStages(ctx, w.Store)
		if err != nil {
			return "", "", err
		}
		if _, ok := stages.Find(c.Stage); !ok && c.Stage != "" {
			return "", "", farol.InvalidField("stage", "There is no such stage.")
		}
		switch n := len([]rune(strings.TrimSpace(c.Reason))); {
		case n == 0:
			return "", "", farol.InvalidField("reason", "Say why: the next colleague will ask.")
		case n > maxReason:
			return "", "", farol.InvalidField("reason", "must have at most %d letters", maxReason)
		}
		return StageTrait, c.Stage, nil
	case "tag", "untag":
		name, err := label("tag", c.Name)
		return TagTrait + name, truth(c.Do == "tag"), err
	case "list", "unlist":
		name, err := label("list", c.Name)
		return ListTrait + name, truth(c.Do == "list"), err
	}
	return "", "", farol.InvalidField("do", "Choose what to do.")
}

func truth(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

// label is the name of a tag or a list, its spaces single.
func label(field, name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || len([]rune(name)) > 40 || strings.ContainsAny(name, "=,<>~!") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return "", farol.InvalidField(field, "A name is one to 40 letters, without commas and signs of comparison.")
	}
	return name, nil
}

// Apply says one thing of the accounts, writes down what was before, and shows
// it at once. Those of whom it holds already are left as they are, and are not
// in the change that is answered; when there is no other, its ID is "". Errors:
// Invalid, or NotFound when one of the accounts is not there.
func (w Work) Apply(ctx context.Context, accounts []farol.AccountID, c Change) (store.CustomerChange, error) {
	trait, value, err := w.mark(ctx, c)
	if err != nil {
		return store.CustomerChange{}, err
	}
	all, err := w.Directory.Accounts(ctx)
	if err != nil {
		return store.CustomerChange{}, err
	}
	out := store.CustomerChange{Author: c.Author, Trait: trait, Value: value, Reason: strings.TrimSpace(c.Reason), Before: map[farol.AccountID]string{}}
	var marks []facts.Mark
	for _, id := range accounts {
		a, ok := all[id]
		if !ok {
			return out, farol.Errorf(farol.NotFound, "there is no such account")
		}
		_, twice := out.Before[id]
		if was := a.Marks[trait]; twice || was == value || value == "false" && was == "" {
			continue
		}
		out.Before[id] = before(a, trait)
		marks = append(marks, facts.Mark{Account: id, Trait: trait, Value: value})
		if trait == StageTrait {
			marks = append(marks, facts.Mark{Account: id, Trait: WhyTrait, Value: Why{By: c.Author, Reason: out.Reason}.String()})
		}
	}
	if len(marks) == 0 {
		return out, nil
	}
	// First the record: what is done can then be taken back in any case.
	if out, err = w.Store.AddCustomerChange(ctx, out); err != nil {
		return out, err
	}
	if role, ok := strings.CutPrefix(trait, OwnerTrait); ok {
		// Before the marks: who has the owner already is not handed over again.
		if err := w.handOver(ctx, out, role, all); err != nil {
			return out, err
		}
	}
	if err := w.Facts.SaveMarks(ctx, w.Now(), marks); err != nil {
		return out, err
	}
	if c.Do == "list" {
		if err := w.segmentOf(ctx, strings.TrimPrefix(trait, ListTrait), c.Author); err != nil {
			return out, err
		}
	}
	return out, w.Directory.Refresh(ctx)
}

// handOver moves the tasks and writes a note on each account that has another
// owner.
func (w Work) handOver(ctx context.Context, c store.CustomerChange, role string, all map[farol.AccountID]*Account) error {
	h := Handover{Facts: w.Facts, Store: w.Store, Directory: w.Directory, change: c.ID}
	if err := h.Of(ctx, c.Author); err != nil {
		return err
	}
	// all is from before the change, so it still names the owners then.
	accounts := make([]*Account, 0, len(c.Before))
	for id := range c.Before {
		accounts = append(accounts, all[id])
	}
	return h.notes(ctx, accounts, role, store.MemberID(c.Value), c.Reason)
}

// segmentOf makes the segment of a list, unless there is one of its title:
// whoever is on the list is in it.
func (w Work) segmentOf(ctx context.Context, list, author string) error {
	book, err := segment.Read(ctx, w.Store)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range Fold(list) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := "list-" + strings.Trim(b.String(), "-")
	_, err = book.Find(name)
	taken := err == nil || slices.ContainsFunc(book.All(), func(s segment.Segment) bool { return strings.EqualFold(s.Title, list) })
	if taken || name == "list-" {
		return nil
	}
	_, err = segment.Put(ctx, w.Store, name, segment.Document{Title: list, Rule: segment.Rule{
		Attribute: &segment.Attribute{Name: ListTrait + list, Op: segment.Is, Values: []string{"true"}},
	}}, nil, author)
	return err
}

// before is the value that a change writes down: of a stage with the day since
// which it was in it, so that taking back gives it its time again.
func before(a *Account, trait string) string {
	was := a.Marks[trait]
	if trait == StageTrait && was != "" && a.StageSince != 0 {
		return was + "@" + a.StageSince.String()
	}
	return was
}

// Undo takes a change back where nobody has changed the same since, with the
// tasks that went along to another owner, and answers of how many accounts. Whoever made the change takes back all of it,
// also of accounts that it put out of their sight; others what they see.
// Errors: NotFound, Conflict when it was taken back already or nothing of it
// is left to take back.
func (w Work) Undo(ctx context.Context, id, by string) (int, error) {
	c, err := w.Store.CustomerChange(ctx, id)
	if err != nil {
		return 0, err
	}
	if !c.Undone.IsZero() {
		return 0, farol.Errorf(farol.Conflict, "this was taken back already")
	}
	if c.Author == by {
		ctx = sight.Everything(ctx)
	}
	all, err := w.Directory.Accounts(ctx)
	if err != nil {
		return 0, err
	}
	marks := w.takenBack(c, all, by)
	back := map[farol.AccountID]bool{}
	for _, m := range marks {
		back[m.Account] = true
	}
	n := len(back)
	if n == 0 {
		return 0, farol.Errorf(farol.Conflict, "nothing of this is left to take back: it was changed since")
	}
	// First the marks: a change that is ended cannot be taken back again.
	if err := w.Facts.SaveMarks(ctx, w.Now(), marks); err != nil {
		return 0, err
	}
	if err := w.Store.EndCustomerChange(ctx, id, by, back); err != nil {
		return n, err
	}
	return n, w.Directory.Refresh(ctx)
}

// takenBack are the marks that put back what was before the change, where it
// still holds.
func (w Work) takenBack(c store.CustomerChange, all map[farol.AccountID]*Account, by string) []facts.Mark {
	var marks []facts.Mark
	for id, was := range c.Before {
		if a, ok := all[id]; !ok || a.Marks[c.Trait] != c.Value {
			continue
		}
		value, since, _ := strings.Cut(was, "@")
		if c.Trait != StageTrait {
			value = was
			if value == "" && c.Value == "true" {
				value = "false"
			}
		}
		marks = append(marks, facts.Mark{Account: id, Trait: c.Trait, Value: value})
		if c.Trait == StageTrait {
			marks = append(marks, facts.Mark{Account: id, Trait: WhyTrait, Value: Why{By: by, Undo: true, Since: since}.String()})
		}
	}
	return marks
}
