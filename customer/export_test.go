package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// An export is whole, or refused before its first byte.
func TestExportIsWhole(t *testing.T) {
	h := newHouse(t)
	_, st := h.journey(Stages{})
	ctx := context.Background()
	_, err := h.f.Append(ctx, facts.Batch{Events: []farol.Event{
		{ID: "i", Source: "s", Kind: farol.Identify, User: "ana", At: h.clock, Properties: json.RawMessage(`{"name":"Ana Prado","cpf":"123"}`)},
		{ID: "t", Source: "s", Kind: farol.Track, Name: "Seen", User: "ana", Account: "a", At: h.clock},
	}})
	h.check(err)
	_, err = st.AddNote(ctx, store.Note{Account: "other", Author: "m", Title: "Ana Prado", Body: "was at ours"})
	h.check(err)
	export := func(of *sight.Sight) (string, error) {
		var b bytes.Buffer
		err := ExportPerson(sight.With(ctx, of), &b, st, h.f, farol.DayOf(h.clock, h.f.Zone()), "ana")
		return b.String(), err
	}
	if text, err := export(nil); err != nil || !strings.Contains(text, "123") || !strings.Contains(text, "notes.title") {
		t.Errorf("%v: %s", err, text)
	}
	for _, of := range []*sight.Sight{sight.New(map[farol.AccountID]bool{"a": true}, nil), sight.New(nil, []string{"attribute.cpf"})} {
		if text, err := export(of); farol.KindOf(err) != farol.Forbidden || text != "" {
			t.Errorf("a part is exported: %v: %s", err, text)
		}
	}
}

// Who may not see a field does not learn it from who is in a segment of it.
func TestSegmentOfHiddenField(t *testing.T) {
	h := newHouse(t)
	_, st := h.journey(Stages{})
	ctx := context.Background()
	h.say("a", map[string]any{"plan": "gold", "city": "Natal"})
	for name, text := range map[string]string{"gold": `plan is "gold"`, "gold-too": `segment gold`, "natal": `city is "Natal"`} {
		r, err := segment.ParseText(text)
		h.check(err)
		_, err = st.Define(ctx, store.Draft{Kind: segment.Kind, Name: name, Body: segment.Document{Title: name, Rule: r}, Author: "system"})
		h.check(err)
		h.check(h.f.SaveMarks(ctx, h.clock, []facts.Mark{{Account: "a", Trait: segment.Trait(name), Value: segment.In}}))
	}
	of, err := h.d.Sight(ctx, st, nil, store.Portfolio{All: true, Hidden: []string{"attribute.plan"}})
	h.check(err)
	blind := sight.With(ctx, of)
	for name, hides := range map[string]bool{"gold": true, "gold-too": true, "natal": false} {
		if of.Hides("segment."+name) != hides {
			t.Errorf("the segment %s is hidden: %t", name, !hides)
		}
		a, err := h.d.Account(blind, "a")
		h.check(err)
		if _, in := a.Marks[segment.Trait(name)]; in == hides {
			t.Errorf("the account tells of %s: %t", name, in)
		}
		if _, err := facts.Sighted(blind, []facts.Filter{{Attribute: facts.NowPrefix + segment.Trait(name), Values: []string{segment.In}}}, ""); (err != nil) != hides {
			t.Errorf("figures by %s: %v", name, err)
		}
	}
	if names, err := h.d.Names(blind, segment.Trait("")); err != nil || len(names) != 1 {
		t.Errorf("the names are %v, %v", names, err)
	}
	if a, err := h.d.Account(ctx, "a"); err != nil || a.Marks[segment.Trait("gold")] != segment.In {
		t.Errorf("who sees all lost it: %v", err)
	}
}
