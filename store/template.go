package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// NoteTemplate is what a note may begin with.
type NoteTemplate struct {
	Name  string `json:"-"`
	Title string `json:"title"`
	Body  string `json:"body"`
	// Version is 0 for one that nobody has changed.
	Version int `json:"-"`
}

// NoteTemplateKind is the kind of definition that templates of notes are.
const NoteTemplateKind = "note_template"

// shippedTemplates are those of a team that has written none.
var shippedTemplates = []struct {
	name        string
	title, body lang.Text
}{
	{"meeting", lang.Text("Meeting"), lang.Text("## What we talked about\n\n- \n\n## What they like\n\n- \n\n## What worries them\n\n- \n\n## Next steps\n\n- [ ] \n")},
	{"kickoff", lang.Text("Kickoff"), lang.Text("## What they want to reach\n\n- Goal, measure and date: \n\n## Who is who\n\n- Sponsor: \n- Champion: \n- Daily users: \n\n## Plan\n\n- [ ] First value: \n- [ ] Next meeting: \n\n## Risks\n\n- \n")},
	{"qbr", lang.Text("QBR"), lang.Text("## Since the last review\n\n- Goals reached: \n- Use and people: \n- Tickets and answers: \n\n## Value, in their words\n\n> \n\n## The next quarter\n\n- Goal and measure: \n\n## Agreed\n\n- [ ] \n")},
	{"handover", lang.Text("Handover"), lang.Text("## Why it changes hands\n\n\n\n## What the next one must know\n\n- People who matter: \n- Promised and not yet done: \n- Worries: \n- Renewal: \n\n## To do\n\n- [ ] Introduce the new owner\n")},
}

// NoteTemplates are the shipped ones, in the printer's language, as the team
// has changed them, then the team's own.
func (s *Store) NoteTemplates(ctx context.Context, p *lang.Printer) ([]NoteTemplate, error) {
	var out []NoteTemplate
	for _, t := range shippedTemplates {
		out = append(out, NoteTemplate{Name: t.name, Title: p.Text(t.title), Body: p.Text(t.body)})
	}
	own, err := s.Definitions(ctx, NoteTemplateKind)
	for _, d := range own {
		t := NoteTemplate{}
		if err := json.Unmarshal(d.Body, &t); err != nil {
			return nil, err
		}
		t.Name, t.Version = d.Name, d.Version
		i := slices.IndexFunc(out, func(x NoteTemplate) bool { return x.Name == t.Name })
		switch {
		case i >= 0 && t.Title == "": // taken out
			out = slices.Delete(out, i, i+1)
		case i >= 0:
			out[i] = t
		case t.Title != "":
			out = append(out, t)
		}
	}
	return out, err
}

// SaveNoteTemplate makes a template of the name, or its next version; base is
// the version that the author saw. Errors: Invalid with the field name, title
// or body; Conflict.
func (s *Store) SaveNoteTemplate(ctx context.Context, t NoteTemplate, base *int, author string) error {
	t.Title, t.Body = strings.TrimSpace(t.Title), strings.ReplaceAll(t.Body, "\r\n", "\n")
	if t.Title == "" || len([]rune(t.Title)) > 60 {
		return farol.InvalidField("title", "must be a name of up to %d letters", 60)
	}
	if len(t.Body) > 20_000 {
		return farol.InvalidField("body", "must have at most %d characters", 20_000)
	}
	_, err := s.Define(ctx, Draft{Kind: NoteTemplateKind, Name: t.Name, Body: t, Author: author, Base: base})
	return err
}

// RemoveNoteTemplate takes a template out; its versions stay.
func (s *Store) RemoveNoteTemplate(ctx context.Context, name string, base *int, author string) error {
	_, err := s.Define(ctx, Draft{Kind: NoteTemplateKind, Name: name, Body: NoteTemplate{}, Author: author, Base: base})
	return err
}
