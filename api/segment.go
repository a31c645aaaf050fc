package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
)

func (s *server) segmentOperations() {
	tags := []string{"segments"}
	register(s, team, huma.Operation{OperationID: "list-segments", Method: http.MethodGet, Path: "/segments", Tags: tags, Summary: "The segments, with how many are in them", Description: "With as_of or known how many were in them by then, of whom that was marked; rules are those of today."}, s.listSegments)
	register(s, team, huma.Operation{OperationID: "get-segment", Method: http.MethodGet, Path: "/segments/{name}", Tags: tags, Summary: "A segment", Errors: []int{404}}, s.getSegment)
	register(s, workers, huma.Operation{OperationID: "put-segment", Method: http.MethodPut, Path: "/segments/{name}", Tags: tags, Summary: "Make a segment, or its next version",
		Description: "It is evaluated at once, so that it can be used as segment=NAME in every read. What is wrong is told at its place in the rule (body.rule.all[1].did.days), or at the character of the text.", Errors: []int{409}}, s.putSegment)
	register(s, workers, huma.Operation{OperationID: "delete-segment", Method: http.MethodDelete, Path: "/segments/{name}", Tags: tags, Summary: "Delete a segment",
		Description: "Its versions and its history stay. A segment that others name is not deleted: 409.", DefaultStatus: http.StatusNoContent, Errors: []int{404, 409}}, s.deleteSegment)
	register(s, workers, huma.Operation{OperationID: "preview-segment", Method: http.MethodPost, Path: "/segments/preview", Tags: tags, Summary: "What a rule chooses now, without keeping it"}, s.previewSegment)
	register(s, team, huma.Operation{OperationID: "list-segment-accounts", Method: http.MethodGet, Path: "/segments/{name}/accounts", Tags: tags, Summary: "Who is in a segment, those that pay most first",
		Description: "Now, as kept; with as_of or known who was in it then.", Errors: []int{404}}, s.segmentAccounts)
	register(s, team, huma.Operation{OperationID: "list-segment-history", Method: http.MethodGet, Path: "/segments/{name}/history", Tags: tags, Summary: "Who entered and left a segment, the newest first", Errors: []int{404}}, s.segmentHistory)
}

// RuleBody is a rule, as JSON or as text.
type RuleBody struct {
	Rule json.RawMessage `json:"rule,omitempty" doc:"The rule: one of all, any, none, attribute, metric, did, people, segment. See docs/segments.md."`
	Text string          `json:"text,omitempty" doc:"The same as text, in the place of rule: plan is \"Pro\" and did \"Report Created\" >= 3 times in 30 days"`
}

// read reads the rule, whichever way it is written.
func (b RuleBody) read() (segment.Rule, error) {
	switch {
	case len(b.Rule) > 0 && b.Text != "":
		return segment.Rule{}, farol.InvalidField("text", "give the rule or the text, not both")
	case b.Text != "":
		r, err := segment.ParseText(b.Text)
		return r, inBody("text", err)
	}
	r, err := segment.ParseJSON(b.Rule)
	return r, inBody("rule", err)
}

// inBody names the field of the body in front of the place in the rule.
func inBody(field string, err error) error {
	e, ok := err.(*farol.Error)
	if !ok {
		return err
	}
	at := *e
	switch {
	case at.Field == "" || at.Field == "rule":
		at.Field = field
	case field == "rule":
		at.Field = "rule." + at.Field
	}
	return &at
}

// Segment is a segment.
type Segment struct {
	Name        string          `json:"name" doc:"By which rules and reads know it."`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Rule        json.RawMessage `json:"rule"`
	Text        string          `json:"text" doc:"The rule as text."`
	Words       string          `json:"words" doc:"What it means, in English."`
	WordsPt     string          `json:"words_pt" doc:"The same in Brazilian Portuguese."`
	Version     int             `json:"version"`
	Author      string          `json:"author"`
	Created     time.Time       `json:"created" doc:"When this version was made."`
	Accounts    int             `json:"accounts" doc:"How many are in it, or were by as_of and known, of those that the token may see."`
	MRR         *float64        `json:"mrr" doc:"What they pay per month together; null for who may see no money."`
	Began       *time.Time      `json:"began" doc:"Since when who is in it is known; null for never. Of before nobody knows who would have been in it."`
	Evaluated   *time.Time      `json:"evaluated" doc:"When it was looked at last; null for never."`
	Error       string          `json:"error" doc:"What went wrong then; empty for nothing."`
}

// titles are what sentences call metrics and segments in a language.
func (s *server) titles(code lang.Code, b segment.Book) segment.Titles {
	return segment.Titles{Segment: b.Title, Metric: func(name string) string {
		if m, err := s.Metrics.Catalogue().Find(name); err == nil {
			return m.Title.In(code)
		}
		return name
	}}
}

func (s *server) segmentOf(ctx context.Context, b segment.Book, x segment.Segment, c Clocks) (Segment, error) {
	out := Segment{Name: x.Name, Title: x.Title, Description: x.Description, Text: x.Rule.String(), Version: x.Version, Author: x.Author, Created: x.Created}
	var err error
	if out.Rule, err = json.Marshal(x.Rule); err != nil {
		return out, err
	}
	out.Words = x.Rule.Words(lang.For(lang.English), s.titles(lang.English, b))
	out.WordsPt = x.Rule.Words(lang.For(lang.Portuguese), s.titles(lang.Portuguese, b))
	asOf, known, err := c.moment(s.Facts.Zone())
	if err != nil {
		return out, err
	}
	all, err := s.accountsThen(ctx, asOf, known, "mrr")
	if err != nil {
		return out, err
	}
	states, err := s.Store.SegmentStates(ctx)
	if err != nil {
		return out, err
	}
	mrr := 0.0
	for _, a := range customer.Members(all, x.Name) {
		out.Accounts++
		mrr += a.Metrics["mrr"]
	}
	if state, ok := states[x.Name]; ok {
		out.Began = &state.Began
	}
	if !sight.Of(ctx).Hides(sight.Money) {
		out.MRR = &mrr
	}
	if state, ok := states[x.Name]; ok {
		out.Evaluated, out.Error = &state.Evaluated, state.Error
	}
	return out, nil
}

type listSegmentsOutput struct {
	Body struct {
		Segments []Segment `json:"segments" nullable:"false"`
	}
}

func (s *server) listSegments(ctx context.Context, in *struct{ Clocks }) (*listSegmentsOutput, error) {
	b, err := s.Segments.Seen(ctx)
	if err != nil {
		return nil, err
	}
	out := &listSegmentsOutput{}
	out.Body.Segments = []Segment{}
	for _, x := range b.All() {
		one, err := s.segmentOf(ctx, b, x, in.Clocks)
		if err != nil {
			return nil, err
		}
		out.Body.Segments = append(out.Body.Segments, one)
	}
	return out, nil
}

// SegmentName is the name in a path.
type SegmentName struct {
	Name string `path:"name" pattern:"^[a-z0-9][a-z0-9_-]{0,59}$"`
}

type segmentOutput struct{ Body Segment }

func (s *server) getSegment(ctx context.Context, in *struct {
	SegmentName
	Clocks
}) (*segmentOutput, error) {
	return s.oneSegment(ctx, in.Name, in.Clocks)
}

func (s *server) oneSegment(ctx context.Context, name string, c Clocks) (*segmentOutput, error) {
	b, err := s.Segments.Seen(ctx)
	if err != nil {
		return nil, err
	}
	x, err := b.Find(name)
	if err != nil {
		return nil, err
	}
	one, err := s.segmentOf(ctx, b, x, c)
	return &segmentOutput{one}, err
}

// seesSegment is NotFound for a segment that is not there, or out of sight.
func (s *server) seesSegment(ctx context.Context, name string) error {
	b, err := s.Segments.Seen(ctx)
	if err == nil {
		_, err = b.Find(name)
	}
	return err
}

type putSegmentInput struct {
	SegmentName
	Seen
	Body struct {
		Title       string `json:"title" minLength:"1" maxLength:"100" doc:"What people call it."`
		Description string `json:"description,omitempty" maxLength:"2000"`
		RuleBody
	}
}

func (s *server) putSegment(ctx context.Context, in *putSegmentInput) (*segmentOutput, error) {
	r, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	if err := s.maySee(ctx, in.Name); err != nil {
		return nil, err
	}
	d := segment.Document{Title: in.Body.Title, Description: in.Body.Description, Rule: r}
	_, err = s.Segments.Put(ctx, in.Name, d, in.seen(), "token:"+caller(ctx).Name)
	if err != nil {
		if e, ok := err.(*farol.Error); ok && e.Kind == farol.Invalid && e.Field != "name" && e.Field != "title" && e.Field != "description" {
			err = inBody("rule", err)
		}
		return nil, err
	}
	return s.oneSegment(ctx, in.Name, Clocks{})
}

// maySee is NotFound for a segment that speaks of what is hidden from the
// caller: it must not be changed unseen either.
func (s *server) maySee(ctx context.Context, name string) error {
	all, err := s.Segments.Book(ctx)
	if err != nil {
		return err
	}
	if _, err := all.Find(name); err != nil {
		return nil
	}
	seen, err := s.Segments.Seen(ctx)
	if err != nil {
		return err
	}
	_, err = seen.Find(name)
	return err
}

func (s *server) deleteSegment(ctx context.Context, in *struct {
	SegmentName
	Seen
}) (*struct{}, error) {
	if err := s.maySee(ctx, in.Name); err != nil {
		return nil, err
	}
	return nil, s.Segments.Retire(ctx, in.Name, in.seen(), "token:"+caller(ctx).Name)
}

// SegmentAccount is an account of a segment.
type SegmentAccount struct {
	Account string   `json:"account"`
	Name    string   `json:"name"`
	MRR     *float64 `json:"mrr" doc:"Per month; null where it is not known or hidden."`
}

func segmentAccount(a *customer.Account) SegmentAccount {
	out := SegmentAccount{Account: string(a.ID), Name: a.Name}
	if v, ok := a.Metrics["mrr"]; ok {
		out.MRR = &v
	}
	return out
}

type previewSegmentOutput struct {
	Body struct {
		Count   int              `json:"count"`
		MRR     *float64         `json:"mrr"`
		Sample  []SegmentAccount `json:"sample" nullable:"false" doc:"Up to 20 of them, those that pay most first."`
		Text    string           `json:"text"`
		Rule    json.RawMessage  `json:"rule"`
		Words   string           `json:"words"`
		WordsPt string           `json:"words_pt"`
		Seconds float64          `json:"seconds" doc:"How long it took to count."`
	}
}

// sampleSize is how many accounts a preview lists.
const sampleSize = 20

func (s *server) previewSegment(ctx context.Context, in *struct{ Body RuleBody }) (*previewSegmentOutput, error) {
	r, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	b, err := s.Segments.Book(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Segments.Checked(ctx, b, "", r); err != nil {
		return nil, inBody("rule", err)
	}
	l, err := s.Segments.Look(ctx, b, r)
	if err != nil {
		return nil, err
	}
	out := &previewSegmentOutput{}
	o := &out.Body
	o.Count, o.Text, o.Seconds, o.Sample = l.Count, r.String(), l.Took.Seconds(), []SegmentAccount{}
	if !sight.Of(ctx).Hides(sight.Money) {
		o.MRR = &l.MRR
	}
	for _, a := range l.Accounts[:min(len(l.Accounts), sampleSize)] {
		o.Sample = append(o.Sample, segmentAccount(a))
	}
	o.Words, o.WordsPt = r.Words(lang.For(lang.English), s.titles(lang.English, b)), r.Words(lang.For(lang.Portuguese), s.titles(lang.Portuguese, b))
	o.Rule, err = json.Marshal(r)
	return out, err
}

type segmentAccountsInput struct {
	SegmentName
	Clocks
	Limit  int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Offset int `query:"offset" minimum:"0"`
}

type segmentAccountsOutput struct {
	Body struct {
		Accounts []SegmentAccount `json:"accounts" nullable:"false"`
		Count    int              `json:"count" doc:"How many there are in all."`
	}
}

func (s *server) segmentAccounts(ctx context.Context, in *segmentAccountsInput) (*segmentAccountsOutput, error) {
	if err := s.seesSegment(ctx, in.Name); err != nil {
		return nil, err
	}
	q := customer.Query{Where: []customer.Condition{{Column: "segment." + in.Name, Values: []string{segment.In}}}, Sort: "metric.mrr", Down: true, Limit: in.Limit, Offset: in.Offset}
	asOf, known, err := in.moment(s.Facts.Zone())
	if err != nil {
		return nil, err
	}
	all, err := s.accountsThen(ctx, asOf, known, "mrr")
	if err != nil {
		return nil, err
	}
	page := q.Of(all)
	out := &segmentAccountsOutput{}
	out.Body.Accounts, out.Body.Count = []SegmentAccount{}, page.Count
	for _, a := range page.Accounts {
		out.Body.Accounts = append(out.Body.Accounts, segmentAccount(a))
	}
	return out, nil
}

// SegmentMove is an account that entered or left a segment.
type SegmentMove struct {
	At      time.Time `json:"at"`
	Account string    `json:"account"`
	Change  string    `json:"change" enum:"entered,left"`
	First   bool      `json:"first" doc:"It was in the segment when that was looked at for the first time."`
	Known   time.Time `json:"known" doc:"When Farol wrote it down."`
}

type segmentHistoryInput struct {
	SegmentName
	From    string `query:"from" format:"date" doc:"First day."`
	To      string `query:"to" format:"date" doc:"First day after."`
	Account string `query:"account" doc:"Of this account only."`
	Clocks
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After string `query:"after" doc:"The cursor next of the page before."`
}

type segmentHistoryOutput struct {
	Body struct {
		Moves []SegmentMove `json:"moves" nullable:"false"`
		Next  *string       `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) segmentHistory(ctx context.Context, in *segmentHistoryInput) (*segmentHistoryOutput, error) {
	if err := s.seesSegment(ctx, in.Name); err != nil {
		return nil, err
	}
	q := facts.MarkQuery{Trait: segment.Trait(in.Name), Account: farol.AccountID(in.Account), Limit: in.Limit, After: in.After}
	for _, b := range []struct {
		field, text string
		into        *time.Time
	}{{"from", in.From, &q.From}, {"to", in.To, &q.To}} {
		d, err := day(b.field, b.text)
		if err != nil {
			return nil, err
		}
		if d != 0 {
			*b.into = d.Start(s.Facts.Zone())
		}
	}
	asOf, known, err := in.moment(s.Facts.Zone())
	if err != nil {
		return nil, err
	}
	q.Known = known
	if asOf != 0 {
		if end := asOf.Next(1).Start(s.Facts.Zone()); q.To.IsZero() || end.Before(q.To) {
			q.To = end
		}
	}
	list, next, err := s.Facts.MarkLog(ctx, q)
	if err != nil {
		return nil, err
	}
	states, err := s.Store.SegmentStates(ctx)
	if err != nil {
		return nil, err
	}
	out := &segmentHistoryOutput{}
	out.Body.Moves, out.Body.Next = []SegmentMove{}, orNull(next)
	for _, m := range list {
		move := SegmentMove{At: m.At, Account: string(m.Account), Change: "left", Known: m.Known, First: m.At.Equal(states[in.Name].Began)}
		if m.Value == segment.In {
			move.Change = "entered"
		}
		out.Body.Moves = append(out.Body.Moves, move)
	}
	return out, nil
}
