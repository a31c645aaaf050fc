package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol/glossary"
	"github.com/farol-cs/farol/lang"
)

func (s *server) glossaryOperations() {
	tags := []string{"glossary"}
	register(s, team, huma.Operation{OperationID: "list-glossary", Method: http.MethodGet, Path: "/glossary", Tags: tags,
		Summary: "The words of Customer Success", Description: "The words are in the language asked for by Accept-Language (en, pt-BR), in the order of its dictionary; what a search finds by name comes before what it finds in the text."}, s.listGlossary)
	register(s, team, huma.Operation{OperationID: "get-glossary-entry", Method: http.MethodGet, Path: "/glossary/{id}", Tags: tags,
		Summary: "One word", Errors: []int{404}}, s.getEntry)
}

// Entry is a word of the glossary.
type Entry struct {
	ID      string   `json:"id"`
	Term    string   `json:"term"`
	Letter  string   `json:"letter" doc:"A to Z, in the language of the answer."`
	Also    []string `json:"also" nullable:"false" doc:"Synonyms and acronyms."`
	Text    string   `json:"text"`
	Related []string `json:"related" nullable:"false" doc:"Ids of other entries."`
	Metric  *string  `json:"metric" doc:"The metric that measures it; null for none."`
}

func newEntry(e *glossary.Entry, c lang.Code) Entry {
	w := e.In(string(c))
	also := w.Also
	if also == nil {
		also = []string{}
	}
	return Entry{e.ID, w.Term, e.Letter(string(c)), also, w.Text, e.Related, orNull(e.Metric)}
}

type listGlossaryOutput struct {
	Language string `header:"Content-Language"`
	Body     struct {
		Entries []Entry `json:"entries" nullable:"false"`
	}
}

func (s *server) listGlossary(_ context.Context, in *struct {
	Language
	Search string `query:"q" maxLength:"200" doc:"Keep the entries that have every one of these words, in any language, accents and capitals aside."`
	Metric string `query:"metric" doc:"Keep the entries that this metric measures, or a variant of it."`
}) (*listGlossaryOutput, error) {
	if in.Metric != "" {
		if _, err := s.Metrics.Catalogue().Find(in.Metric); err != nil {
			return nil, err
		}
	}
	c := lang.Match(in.Accept)
	out := &listGlossaryOutput{Language: string(c)}
	out.Body.Entries = []Entry{}
	for _, e := range s.glossary.Search(in.Search, string(c)) {
		if in.Metric == "" || e.Measures(in.Metric) {
			out.Body.Entries = append(out.Body.Entries, newEntry(e, c))
		}
	}
	return out, nil
}

type getEntryOutput struct {
	Language string `header:"Content-Language"`
	Body     Entry
}

func (s *server) getEntry(_ context.Context, in *struct {
	Language
	ID string `path:"id"`
}) (*getEntryOutput, error) {
	e, err := s.glossary.Find(in.ID)
	if err != nil {
		return nil, err
	}
	c := lang.Match(in.Accept)
	return &getEntryOutput{string(c), newEntry(e, c)}, nil
}
