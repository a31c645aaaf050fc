package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// maxText bounds an id or a name, in bytes.
const maxText = 512

// event fills e from f; the error, a *farol.Error, rejects it.
func (p *parser) event(e *farol.Event, f *fields) (err error) {
	if err := p.bounds(f); err != nil {
		return err
	}
	e.Source = p.call.Source
	if e.Kind, err = p.kindOf(f); err != nil {
		return err
	}
	if err := p.ids(e, f); err != nil {
		return err
	}
	if err := p.content(e, f); err != nil {
		return err
	}
	if err := complete(e); err != nil {
		return err
	}
	p.date(e, f)
	return facts.Check(e)
}

// bounds refuses what is too large to be an event, or none at all.
func (p *parser) bounds(f *fields) error {
	switch {
	case f.scalar:
		return farol.Errorf(farol.Invalid, "the event must be an object")
	case int(f.whole.to-f.whole.from)+len(p.context) > p.call.Limits.Event && p.many,
		int(f.whole.to-f.whole.from) > p.call.Limits.Event:
		return farol.Errorf(farol.Invalid, "the event is too large")
	case f.deep > p.call.Limits.Depth:
		return farol.Errorf(farol.Invalid, "the event is nested too deep")
	}
	return nil
}

// kindOf is the kind that the path names, else the event's own.
func (p *parser) kindOf(f *fields) (farol.Kind, error) {
	if p.call.Kind != "" && !p.many {
		return p.call.Kind, nil
	}
	raw := p.raw(f.kind)
	if raw == nil {
		if p.call.Kind != "" {
			return p.call.Kind, nil
		}
		return "", farol.InvalidField("type", "is required")
	}
	for _, k := range farol.Kinds {
		if len(raw) == len(k)+2 && string(raw[1:len(raw)-1]) == string(k) && raw[0] == '"' {
			return k, nil
		}
	}
	return "", farol.InvalidField("type", "must be track, identify, group, page, screen or alias")
}

// ids reads who it was and which account the event names.
func (p *parser) ids(e *farol.Event, f *fields) error {
	var user, anonymous, group string
	for _, id := range [...]struct {
		to    *string
		field string
		at    span
	}{
		{&e.ID, "messageId", f.messageID},
		{&user, "userId", f.userID},
		{&anonymous, "anonymousId", f.anonymousID},
		{&group, "groupId", f.groupID},
		{&e.PreviousID, "previousId", f.previousID},
	} {
		if id.at == (span{}) {
			continue
		}
		var err error
		if *id.to, err = p.field(id.field, id.at, f.dirty); err != nil {
			return err
		}
	}
	if group == "" {
		// A convention of products sold to companies: a page view tells the
		// account in its context. A wrong type there is not worth an event.
		group, _ = p.text(f.contextGroup, f.dirty)
	}
	if group == "" && p.many {
		group, _ = p.text(p.top.contextGroup, p.top.dirty)
	}
	if e.Kind != farol.Alias {
		e.PreviousID = ""
	} else if e.PreviousID == "" {
		e.PreviousID = anonymous
	}
	if e.ID == "" {
		e.ID = p.call.ID()
	}
	e.User, e.Anonymous, e.Account = farol.PersonID(user), farol.AnonymousID(anonymous), farol.AccountID(group)
	return nil
}

// complete tells which id is missing. An event of an account with nobody in
// it is taken too: a bill paid has no person, and Segment's own libraries
// cannot send it anyway.
func complete(e *farol.Event) error {
	switch {
	case e.Kind == farol.Alias && e.User == "":
		return farol.InvalidField("userId", "is required")
	case e.Kind == farol.Alias && e.PreviousID == "":
		return farol.InvalidField("previousId", "is required")
	case e.Kind == farol.Group && e.Account == "":
		return farol.InvalidField("groupId", "is required")
	case e.User != "" || e.Anonymous != "":
		return nil
	case e.Account != "" && (e.Kind == farol.Track || e.Kind == farol.Group):
		return nil
	case e.Kind == farol.Track && len(member(e.Properties, "account_id")) > 2:
		return nil // well-known events may name the account so; facts.Check knows which
	}
	return farol.InvalidField("userId", "userId or anonymousId is required")
}

// content reads name, properties or traits, and context.
func (p *parser) content(e *farol.Event, f *fields) (err error) {
	if e.Context, err = p.json("context", f.context, f.dirty); err != nil {
		return err
	}
	if p.many && p.context != nil {
		e.Context = merge(e.Context, p.context)
	}
	switch e.Kind {
	case farol.Track:
		if e.Name, err = p.field("event", f.event, f.dirty); err != nil {
			return err
		}
		if e.Name == "" {
			return farol.InvalidField("event", "is required")
		}
		e.Properties, err = p.json("properties", f.properties, f.dirty)
	case farol.Page, farol.Screen:
		err = p.page(e, f)
	case farol.Identify:
		e.Properties, err = p.json("traits", f.traits, f.dirty)
		if err == nil && e.Properties == nil {
			// RudderStack may send them here alone. Not so for group, where
			// the context's traits are the person's.
			e.Properties, err = p.json("context.traits", f.contextTraits, f.dirty)
		}
	case farol.Group:
		e.Properties, err = p.json("traits", f.traits, f.dirty)
	case farol.Alias:
	}
	return err
}

// page reads a page or screen: its name may stand in the properties alone,
// its category moves there.
func (p *parser) page(e *farol.Event, f *fields) (err error) {
	if e.Name, err = p.field("name", f.name, f.dirty); err != nil {
		return err
	}
	if e.Properties, err = p.json("properties", f.properties, f.dirty); err != nil {
		return err
	}
	if e.Name == "" {
		if raw := member(e.Properties, "name"); len(raw) > 1 && raw[0] == '"' && len(raw) <= maxText {
			e.Name = unquote(raw)
		}
	}
	category := p.raw(f.category)
	if len(category) < 3 || category[0] != '"' || member(e.Properties, "category") != nil {
		return nil
	}
	if f.dirty {
		category = clean(category)
	}
	e.Properties = merge(e.Properties, append(append([]byte(`{"category":`), category...), '}'))
	return nil
}

// date decides when it happened.
func (p *parser) date(e *farol.Event, f *fields) {
	c := clock{received: p.call.Received.UTC().Truncate(time.Millisecond), sent: p.sent, retried: p.call.Retried}
	if c.sent.IsZero() && p.many {
		c.sent, _ = p.time(f.sentAt)
	}
	original, absurd := p.time(f.originalTimestamp)
	if original.IsZero() {
		var worse bool
		original, worse = p.time(f.timestamp)
		absurd = original.IsZero() && (absurd || worse)
	}
	e.OriginalAt = original
	e.At, e.ClockFlag = c.place(original, absurd)
}

// time reads a time; absurd says that there is one which cannot be read.
func (p *parser) time(at span) (t time.Time, absurd bool) {
	raw := p.raw(at)
	if raw == nil {
		return t, false
	}
	ok := false
	switch {
	case raw[0] != '"':
		t, ok = parseTime(string(raw))
	case len(raw) == 2:
		return t, false
	case bytes.IndexByte(raw, '\\') < 0:
		if t, ok = plainTime(raw[1 : len(raw)-1]); !ok {
			t, ok = parseTime(string(raw[1 : len(raw)-1]))
		}
	case len(raw) <= maxText:
		t, ok = parseTime(unquote(raw))
	}
	return t, !ok
}

// field reads a text and names the field when it is wrong.
func (p *parser) field(name string, at span, dirty bool) (string, error) {
	s, err := p.text(at, dirty)
	if err != nil {
		err.Field = name
		return "", err
	}
	return s, nil
}

// text reads a value that should be text: "" when it is absent, null or
// blank. A number is taken digit by digit as it was written, so that
// 9007199254740993 stays itself.
func (p *parser) text(at span, dirty bool) (string, *farol.Error) {
	raw := p.raw(at)
	switch {
	case raw == nil:
		return "", nil
	case len(raw) > maxText:
		return "", farol.Errorf(farol.Invalid, "is too long")
	case raw[0] == '-' || raw[0]-'0' <= 9:
		return string(raw), nil
	case raw[0] != '"':
		return "", farol.Errorf(farol.Invalid, "must be text")
	}
	if !dirty && bytes.IndexByte(raw, '\\') < 0 {
		return p.texts.text(unlessBlank(raw[1 : len(raw)-1])), nil
	}
	return unlessBlank(unquote(raw)), nil
}

// unlessBlank is s, or nothing when it is white space.
func unlessBlank[T []byte | string](s T) (none T) {
	for _, c := range []byte(s) {
		if c > ' ' {
			return s
		}
	}
	return none
}

// json reads a value that should be an object: nil when it is absent, null or
// empty. An empty array is an empty object too: PHP cannot tell them apart.
func (p *parser) json(name string, at span, dirty bool) (json.RawMessage, error) {
	raw := p.raw(at)
	switch {
	case raw == nil:
		return nil, nil
	case raw[0] == '[' && len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0:
		return nil, nil
	case raw[0] != '{':
		return nil, farol.InvalidField(name, "must be an object")
	case len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0:
		return nil, nil
	case dirty:
		return clean(raw), nil
	}
	return raw, nil
}

// rejected keeps what can be known of an event that was refused.
func (p *parser) rejected(f *fields, err error) facts.Rejected {
	r := facts.Rejected{Received: p.call.Received, Source: p.call.Source, Kind: string(p.call.Kind), Reason: err.Error()}
	if e, ok := err.(*farol.Error); ok {
		r.Field = e.Field
		r.Reason = (&farol.Error{Text: e.Text, Args: e.Args}).Error()
	}
	r.ID, _ = p.text(f.messageID, f.dirty)
	if kind, _ := p.text(f.kind, f.dirty); kind != "" {
		r.Kind = kind
	}
	if r.Name, _ = p.text(f.event, f.dirty); r.Name == "" {
		r.Name, _ = p.text(f.name, f.dirty)
	}
	r.Body = excerpt(p.scan.buf[f.whole.from:f.whole.to])
	return r
}

// excerpt is the beginning of what was sent, as text that any engine keeps.
func excerpt(raw []byte) string {
	raw = raw[:min(len(raw), maxRejectedBody)]
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\uFFFD"), "\x00", "\uFFFD")
}

// maxRejectedBody is how much of a rejected event is kept, in bytes.
const maxRejectedBody = 8 << 10

// unquote is the text of a JSON string that a scanner passed.
func unquote(raw []byte) string {
	var s string
	if err := json.Unmarshal(clean(raw), &s); err != nil {
		return ""
	}
	return s
}

// member is the value of a key of an object, nil when it has none.
func member(object []byte, key string) (value []byte) {
	if len(object) == 0 {
		return nil
	}
	s := scanner{buf: object}
	s.object(func(k []byte) bool {
		at, ok := s.value()
		if string(k[1:len(k)-1]) == key {
			value = object[at.from:at.to]
		}
		return ok
	})
	return value
}

// merge lays one object over another: the members of over, and those of
// under whose keys over has not.
func merge(over, under json.RawMessage) json.RawMessage {
	if over == nil {
		return under
	}
	has := map[string]bool{}
	s := scanner{buf: over}
	s.object(func(key []byte) bool { has[string(key)] = true; return s.skip() })
	out := append(make([]byte, 0, len(over)+len(under)), bytes.TrimRight(over, " \t\r\n")...)
	out = out[:len(out)-1] // without its brace
	empty := len(has) == 0
	s = scanner{buf: under}
	s.object(func(key []byte) bool {
		at, ok := s.value()
		if !has[string(key)] {
			if !empty {
				out = append(out, ',')
			}
			empty = false
			out = append(append(append(out, key...), ':'), under[at.from:at.to]...)
		}
		return ok
	})
	return append(out, '}')
}
