package customer

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// ExportPerson writes everything known of a person as one JSON document: who
// they are, what is said of them with source and both clocks, where they
// belong, every event, and each text of the team that names them. It is whole or
// not at all, since a text may tell of anybody and anything. Errors are NotFound,
// and Forbidden for who does not see all accounts with all fields; after the
// first byte was written they end the document.
func ExportPerson(ctx context.Context, w io.Writer, s *store.Store, f *facts.Facts, today farol.Day, id farol.PersonID) error {
	c, err := ReadContact(ctx, f, id, today, 0, time.Time{})
	if err != nil {
		return err
	}
	if err := sight.Of(ctx).All(); err != nil {
		return err
	}
	changes, err := f.PersonChanges(ctx, c.IDs, 0, time.Time{})
	if err != nil {
		return err
	}
	mentions, err := s.Mentions(ctx, texts(c.IDs), facts.ErasePattern(c.IDs, c.named()))
	if err != nil {
		return err
	}
	out := &exporter{w: w, enc: json.NewEncoder(w)}
	out.text(`{"person":`)
	out.value(map[string]any{"id": c.ID, "ids": c.IDs, "name": c.Name, "email": c.Email, "role": c.Role})
	out.text(`,"accounts":`)
	out.value(append([]facts.PersonAccount{}, c.Accounts...))
	out.text(`,"said":`)
	out.value(append([]facts.PersonChange{}, changes...))
	out.text(`,"written":`)
	out.value(append([]store.Mention{}, mentions...))
	out.text(`,"events":[`)
	first, after := true, ""
	for {
		rows, next, err := f.Events(ctx, facts.EventFilter{Person: c.ID, Limit: 1000, After: after})
		if err != nil {
			return err
		}
		for _, e := range rows {
			if !first {
				out.text(",")
			}
			first = false
			out.value(map[string]any{
				"id": e.ID, "at": e.At, "known": e.Known, "source": e.Source, "kind": e.Kind, "name": e.Name, "account": e.Resolved,
				"user": e.User, "anonymous": e.Anonymous, "properties": e.Properties, "context": e.Event.Context,
			})
		}
		if after = next; next == "" || out.err != nil {
			break
		}
	}
	out.text("]}\n")
	return out.err
}

// exporter keeps the first error of a document.
type exporter struct {
	w   io.Writer
	enc *json.Encoder
	err error
}

func (x *exporter) text(s string) {
	if x.err == nil {
		_, x.err = io.WriteString(x.w, s)
	}
}

func (x *exporter) value(v any) {
	if x.err == nil {
		x.err = x.enc.Encode(v)
	}
}
