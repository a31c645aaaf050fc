package facts

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"github.com/farol-cs/farol"
	"github.com/valyala/fastjson"
)

// A prepared event is all that follows from the event alone. It is made in
// the caller's goroutine, so that the single writer has little left to do.
type prepared struct {
	e    *farol.Event
	zone *time.Location
	// hash of source and id, who of the raw person.
	hash, who uint64
	// named is the account that the event itself names, in the call or in the
	// property account_id of a well-known event.
	named string
	// account is the one that it counts for, once it is taken in.
	account string
	raw     string
	day     time.Time
	// active events count in the rollup under name.
	active bool
	name   string
	millis int64
	// link joins raw ids (from, to); member is the account that the person
	// belongs to from now on.
	link   []link
	member string
	typed  []typedRow
	// row is the row of events.
	row []any
}

// A typedRow is a row of a typed table without its batch. The writer fills
// in known and, where the indexes are not -1, the account and the person.
type typedRow struct {
	table           *table
	row             []any
	account, person int
}

func hash2(a, b string) uint64 {
	var d xxhash.Digest
	d.Reset()
	d.WriteString(a)
	d.WriteString("\x00")
	d.WriteString(b)
	return d.Sum64()
}

func midnight(d farol.Day) time.Time { return d.UTC() }

// clean makes text of bytes: the engines keep nothing else.
func clean[S ~string](s S) S {
	if utf8.ValidString(string(s)) {
		return s
	}
	return S(strings.ToValidUTF8(string(s), "\uFFFD"))
}

// cleanEvent brings the event into the form in which it is read back.
func cleanEvent(e *farol.Event) {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.ID, e.Source, e.Kind, e.Name = clean(e.ID), clean(e.Source), clean(e.Kind), clean(e.Name)
	e.Account, e.User, e.Anonymous, e.PreviousID = clean(e.Account), clean(e.User), clean(e.Anonymous), clean(e.PreviousID)
	if !utf8.Valid(e.Properties) {
		e.Properties = bytes.ToValidUTF8(e.Properties, []byte("\uFFFD"))
	}
	if !utf8.Valid(e.Context) {
		e.Context = bytes.ToValidUTF8(e.Context, []byte("\uFFFD"))
	}
}

// prepare works out what follows from the event. p is used and not kept.
func prepare(e *farol.Event, zone *time.Location, p *fastjson.Parser) prepared {
	cleanEvent(e)
	out := prepared{
		e: e, zone: zone, hash: hash2(string(e.Source), e.ID), raw: string(e.Person()), named: string(e.Account),
		day: midnight(farol.DayOf(e.At, zone)),
	}
	if out.raw != "" {
		out.who = xxhash.Sum64String(out.raw)
	}
	switch e.Kind {
	case farol.Track:
		out.track(p)
	case farol.Page, farol.Screen:
		out.active, out.name = true, "$"+string(e.Kind)
		out.quiet(p)
	case farol.Identify:
		out.identify(p)
	case farol.Group:
		out.member = string(e.Account)
		if v, err := propertiesOf(p, e.Properties); err == nil && out.named != "" {
			out.traits(v, "account", out.named)
		}
	case farol.Alias:
		out.alias()
	}
	if out.raw == "" {
		out.member = ""
	}
	out.log()
	return out
}

// Where the writer fills in the row of events.
const (
	rowKnown   = 0
	rowAccount = 13 // as_account
	rowPerson  = 14 // as_person
)

// log makes the row of events, but for what only the writer knows.
func (p *prepared) log() {
	e := p.e
	var original any
	if !e.OriginalAt.IsZero() {
		original = e.OriginalAt.UTC()
	}
	p.row = []any{nil, e.At, p.day, string(e.Source), string(e.Kind), e.Name, e.ID, p.hash, p.named,
		string(e.User), string(e.Anonymous), e.PreviousID, p.who, "", "", p.active, p.millis,
		[]byte(e.Properties), []byte(e.Context), original, e.ClockFlag}
}

func (p *prepared) track(parser *fastjson.Parser) {
	p.active, p.name = true, p.e.Name
	w := wellKnownEvents[p.e.Name]
	if w == nil {
		p.quiet(parser)
		return
	}
	if p.active = w.interactive; p.active {
		p.asCustomer(parser)
	}
	v, err := propertiesOf(parser, p.e.Properties)
	if err != nil || w.check(p.e, v) != nil {
		return
	}
	if w.account && p.named == "" {
		p.named = v.text("account_id")
	}
	if w.feed != nil {
		w.feed(p, v)
	}
}

var (
	keyInteractive  = []byte(`"interactive"`)
	keyImpersonated = []byte(`"impersonated"`)
	keySeconds      = []byte(`seconds"`)
)

// asCustomer reads interactive and impersonated. Nearly no event has them, so
// the JSON is parsed only when the key is seen.
func (p *prepared) asCustomer(parser *fastjson.Parser) {
	for _, raw := range [][]byte{p.e.Context, p.e.Properties} {
		if bytes.Contains(raw, keyInteractive) && says(parser, raw, "interactive", fastjson.TypeFalse) ||
			bytes.Contains(raw, keyImpersonated) && says(parser, raw, "impersonated", fastjson.TypeTrue) {
			p.active = false
		}
	}
}

// quiet reads what events say that are not well known: these, and the seconds.
func (p *prepared) quiet(parser *fastjson.Parser) {
	p.asCustomer(parser)
	if !bytes.Contains(p.e.Properties, keySeconds) {
		return
	}
	v, err := propertiesOf(parser, p.e.Properties)
	if err != nil {
		return
	}
	for _, key := range []string{"seconds", "duration_seconds"} {
		if s, ok := v.number(key).(float64); ok && s > 0 && s <= 86400 {
			p.millis = int64(math.Round(s * 1000))
			return
		}
	}
}

func says(parser *fastjson.Parser, raw []byte, key string, what fastjson.Type) bool {
	v, err := propertiesOf(parser, raw)
	x := v.get(key)
	return err == nil && x != nil && x.Type() == what
}

func (p *prepared) identify(parser *fastjson.Parser) {
	e := p.e
	if e.User != "" && e.Anonymous != "" {
		p.join(string(farol.PersonOf(e.Anonymous)), string(e.User))
	}
	v, err := propertiesOf(parser, e.Properties)
	if err != nil || p.raw == "" {
		return
	}
	p.traits(v, "person", p.raw)
	if v.o != nil {
		p.member = values{v.o.Get("company")}.text("id")
	}
}

// alias joins previousId to userId, both as an anonymous id and as a user id,
// because the call does not say which it was.
func (p *prepared) alias() {
	if prev := p.e.PreviousID; prev != "" && p.e.User != "" {
		p.join(string(farol.PersonOf(farol.AnonymousID(prev))), string(p.e.User))
		p.join(prev, string(p.e.User))
	}
}

func (p *prepared) join(from, to string) {
	if from != to {
		p.link = append(p.link, link{from: from, to: to, at: p.e.At, id: p.e.ID})
	}
}

// traits makes a change of each trait, in the order sent.
func (p *prepared) traits(v values, subject, name string) {
	if v.o == nil {
		return
	}
	o, err := v.o.Object()
	if err != nil {
		return
	}
	o.Visit(func(key []byte, x *fastjson.Value) {
		kind, val := traitValue(x)
		p.change(subject, name, clean(string(key)), kind, val)
		if k := string(key); k == "created_at" || k == "createdAt" {
			if t, ok := createdAt(x); ok {
				p.change(subject, name, createdTrait, "day", farol.DayOf(t, p.zone).String())
			}
		}
		if string(key) == "consent" && subject == "person" {
			p.consents(name, x)
		}
		if string(key) == "customer_since" && subject == "account" {
			if day, ok := sinceDay(x, p.zone); ok {
				p.change(subject, name, sinceTrait, "day", day.String())
			}
		}
	})
}

func traitValue(x *fastjson.Value) (kind, val string) {
	switch x.Type() {
	case fastjson.TypeString:
		return "text", clean(string(x.GetStringBytes()))
	case fastjson.TypeNumber:
		return "number", numberText(x)
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return "bool", x.String()
	case fastjson.TypeNull:
		return "null", ""
	}
	return "json", clean(x.String())
}

// numberText writes a number the same however it was sent: 5, 5.0 and 5e0
// are one value of an attribute. Integers keep all their digits.
func numberText(x *fastjson.Value) string {
	raw := x.String()
	if _, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return raw
	}
	return strconv.FormatFloat(x.GetFloat64(), 'f', -1, 64)
}

// createdAt reads a time as text, or as seconds or milliseconds since 1970.
func createdAt(x *fastjson.Value) (time.Time, bool) {
	if x.Type() == fastjson.TypeNumber {
		n := x.GetFloat64()
		if n > 1e11 {
			n /= 1000
		}
		return time.Unix(int64(n), 0), n > 0 && n < 5e9
	}
	t, err := parseTime(x)
	return t, err == nil
}

// sinceDay reads a date as it stands, and an instant as its local day.
func sinceDay(x *fastjson.Value, zone *time.Location) (farol.Day, bool) {
	if day, err := farol.ParseDay(string(x.GetStringBytes())); err == nil {
		return day, day >= 0
	}
	t, ok := createdAt(x)
	return farol.DayOf(t, zone), ok
}

func (p *prepared) change(subject, name, trait, kind, val string) {
	e := p.e
	p.typed = append(p.typed, typedRow{changes, []any{nil, e.At, p.day, e.ID, string(e.Source), subject, name, trait, kind, val}, -1, -1})
}

func feedSignUp(p *prepared, v values) {
	day := farol.DayOf(p.e.At, p.zone).String()
	if p.named != "" {
		p.change("account", p.named, "$signed_up", "day", day)
	}
	if p.raw != "" {
		p.change("person", p.raw, "$signed_up", "day", day)
	}
}

func feedAnswer(p *prepared, v values) {
	e := p.e
	p.typed = append(p.typed, typedRow{answers, []any{
		nil, e.At, p.day, string(e.Source), e.ID, p.hash, nil, nil, or(v.text("answer"), e.ID), v.text("survey"), v.text("kind"),
		v.number("score"), scaleOf(v), v.text("comment"),
		or(v.text("relation"), relational), v.text("delivery"), strings.ToLower(v.text("recipient")),
	}, 6, 7})
}

func feedTicket(p *prepared, v values, action string) {
	e := p.e
	p.typed = append(p.typed, typedRow{tickets, []any{
		nil, e.At, p.day, string(e.Source), e.ID, p.hash, nil, nil, v.text("ticket"), action, v.text("subject"),
		v.text("priority"), v.text("status"), v.text("channel"), v.text("topic"), v.number("csat"),
		v.text("status_raw"), v.text("requester"), v.text("assignee"), v.text("url"), v.lines("tags"),
		v.instant("opened_at"), v.instant("first_reply_at"), v.instant("solved_at"), v.whole("reopened_count"), v.text("csat_raw"), v.text("csat_comment"),
	}, 6, 7})
}

// consents reads {"email": {"marketing": true}}: a purpose of a channel.
func (p *prepared) consents(name string, x *fastjson.Value) {
	channels, err := x.Object()
	if err != nil {
		return
	}
	channels.Visit(func(channel []byte, of *fastjson.Value) {
		purposes, err := of.Object()
		if err != nil {
			return
		}
		purposes.Visit(func(purpose []byte, v *fastjson.Value) {
			what := string(channel) + "." + string(purpose)
			value, ok := map[fastjson.Type]string{fastjson.TypeTrue: Granted, fastjson.TypeFalse: Denied, fastjson.TypeNull: ""}[v.Type()]
			if ok && consentName.MatchString(what) {
				p.change("person", name, ConsentTrait+what, markType, value)
			}
		})
	})
}
