package customer

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// subject is whom an erasure is about, kept until it is done.
type subject struct {
	People []farol.PersonID `json:"people"`
	Texts  []string         `json:"texts"`
}

// EraseRequest asks for a person to be erased.
type EraseRequest struct {
	Person farol.PersonID
	// Reason is why, without naming the person.
	Reason string
	// Author is a member's id or token:ID, Name what they are called.
	Author, Name string
}

// BeginErasure writes down that a person is to be erased, whose events are
// refused from then on. Finish it with ContinueErasures. Errors are NotFound
// for the person and Invalid with the field reason, which may not name the
// person either.
func BeginErasure(ctx context.Context, s *store.Store, f *facts.Facts, today farol.Day, r EraseRequest) (store.Erasure, error) {
	c, err := ReadContact(ctx, f, r.Person, today, 0, time.Time{})
	if err != nil {
		return store.Erasure{}, err
	}
	who := subject{People: c.IDs, Texts: c.named()}
	if pattern := facts.ErasePattern(who.People, who.Texts); pattern != "" && regexp.MustCompile(pattern).MatchString(r.Reason) {
		return store.Erasure{}, farol.InvalidField("reason", "must not name the person: it is kept")
	}
	key, err := s.ErasureKey(ctx)
	if err != nil {
		return store.Erasure{}, err
	}
	n := store.NewErasure{Author: r.Author, Name: r.Name, Reason: r.Reason, Subject: who, OptOuts: map[string][]string{}}
	for _, id := range c.IDs {
		n.Tombstones = append(n.Tombstones, facts.ErasedHash(key, string(id)))
	}
	for _, consent := range c.Consents {
		if consent.Value != facts.Denied {
			continue
		}
		for _, address := range append(texts(c.IDs), c.values("email")...) {
			h := facts.ErasedHash(key, address)
			n.OptOuts[h] = append(n.OptOuts[h], consent.Channel+"."+consent.Purpose)
		}
	}
	e, err := s.AddErasure(ctx, n)
	if err != nil {
		return e, err
	}
	return e, UseTombstones(ctx, s, f)
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// values are all values that an attribute ever had.
func (c *Contact) values(name string) (out []string) {
	for _, a := range c.Attributes {
		if a.Name != name {
			continue
		}
		for _, x := range a.History {
			if x.Value != "" && !slices.Contains(out, x.Value) {
				out = append(out, x.Value)
			}
		}
	}
	return out
}

// named are the texts by which a person is named: addresses, telephone numbers
// and names of two words at least. One word is somebody else's name, too.
func (c *Contact) named() []string {
	out := append(c.values("email"), c.values("phone")...)
	names := append(c.values("name"), c.Name)
	for _, n := range names {
		if len(strings.Fields(n)) > 1 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, id := range c.IDs {
		if strings.Contains(string(id), "@") && !slices.Contains(out, string(id)) {
			out = append(out, string(id))
		}
	}
	return out
}

// UseTombstones tells the facts whose events are refused.
func UseTombstones(ctx context.Context, s *store.Store, f *facts.Facts) error {
	key, err := s.ErasureKey(ctx)
	if err != nil {
		return err
	}
	hashes, err := s.Tombstones(ctx)
	if err == nil {
		f.SetErased(key, hashes)
	}
	return err
}

// ContinueErasures does what erasures have begun and not ended: each can be
// cut off anywhere and is taken up again. It is to be called at the start and
// now and then.
func ContinueErasures(ctx context.Context, s *store.Store, f *facts.Facts) error {
	if err := UseTombstones(ctx, s, f); err != nil {
		return err
	}
	open, err := s.OpenErasures(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range open {
		errs = append(errs, finishErasure(ctx, s, f, e))
	}
	return errors.Join(errs...)
}

func finishErasure(ctx context.Context, s *store.Store, f *facts.Facts, e store.Erasure) error {
	var who subject
	if err := json.Unmarshal(e.Subject, &who); err != nil {
		return err
	}
	done, err := f.ErasePerson(ctx, facts.Erase{ID: e.ID, People: who.People, Texts: who.Texts})
	if err != nil {
		return err
	}
	n, err := s.Redact(ctx, texts(who.People), facts.ErasePattern(who.People, who.Texts), facts.ErasedText)
	if err != nil {
		return err
	}
	counts := maps.Clone(done.Rows)
	counts["texts"] = n
	return s.EndErasure(ctx, e.ID, counts, done.Known)
}

// KeptOptOuts lists what somebody with the contact's ids or addresses refused
// before they were erased.
func KeptOptOuts(ctx context.Context, s *store.Store, c *Contact) ([]string, error) {
	key, err := s.ErasureKey(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, address := range append(texts(c.IDs), c.values("email")...) {
		list, err := s.OptOuts(ctx, facts.ErasedHash(key, address))
		if err != nil {
			return nil, err
		}
		for _, what := range list {
			if !slices.Contains(out, what) {
				out = append(out, what)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}
