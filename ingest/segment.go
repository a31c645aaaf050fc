package ingest

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/google/uuid"
)

// Call is what is known of a body from outside it.
type Call struct {
	// Kind is the kind that the path names; "" for the paths that take
	// batches, where each event names its own.
	Kind farol.Kind
	// Source is written into every event.
	Source farol.SourceID
	// Received is our clock when the request came in.
	Received time.Time
	// SentAt is the sender's time of sending where a header tells it, or "".
	SentAt string
	// Retried says that the request's headers call it a repetition.
	Retried bool
	// ID makes the message id of an event that brings none; nil makes random
	// ones.
	ID func() string
	// Limits bound an event; zero fields take the defaults.
	Limits Limits
}

// Body is what a body says.
type Body struct {
	// Key is the write key that the body carries, or "".
	Key   string
	Batch facts.Batch
	// Where is the place within the body, from 0, of each of Batch.Rejected.
	Where []int
}

// Parse reads the body of a Segment call, a single event or a batch, as plain
// JSON. It is pure: the same body and call give the same answer, whatever the
// program's state. The events' Properties and Context may lie inside raw,
// which must not change any more.
//
// An event that is wrong ends in Batch.Rejected with its reason and the
// others go on; the error, a refusal of the whole, is for a body that is not
// JSON or holds no events at all.
func Parse(raw []byte, call Call) (Body, error) {
	call.Limits = call.Limits.orDefault()
	if call.ID == nil {
		call.ID = uuid.NewString
	}
	p := parsers.Get().(*parser)
	defer func() {
		p.reset(nil, Call{}) // lest the pool keep the body
		parsers.Put(p)
	}()
	p.reset(raw, call)
	if err := p.walk(); err != nil {
		return Body{}, err
	}
	return p.body()
}

// parser reads one body: first it walks over all of it and notes where the
// fields lie, then it makes the events, since what the batch says of all of
// them may come behind them.
type parser struct {
	scan scanner
	call Call
	// top is the top level: a single event, or what a batch says of all.
	top fields
	// many says that there is a batch, whose events are in events.
	many   bool
	events []fields
	// context is the batch's own context, nil for none.
	context []byte
	// sent is the time of sending that the top level or a header tells.
	sent time.Time
	// texts are those of earlier bodies, to be used again.
	texts intern
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

func (p *parser) reset(raw []byte, call Call) {
	p.scan.reset(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	p.call, p.top, p.many, p.events = call, fields{}, false, p.events[:0]
	p.context, p.sent = nil, time.Time{}
}

// fields are the places of an event's fields in the body.
type fields struct {
	whole                                     span
	kind, messageID, event, name, category    span
	userID, anonymousID, previousID, groupID  span
	properties, traits, context               span
	contextGroup, contextTraits               span
	timestamp, originalTimestamp, sentAt, key span
	// dirty and deep are the scanner's, over the whole event; at the top of a
	// batch dirty is that of anything in the body.
	dirty bool
	deep  int
	// scalar says that it is no object, so that there are no fields.
	scalar bool
}

// place is where the field of that name is noted, nil for one that nobody
// asks for.
func (f *fields) place(name string) *span {
	switch name {
	case "type":
		return &f.kind
	case "messageId":
		return &f.messageID
	case "event":
		return &f.event
	case "name":
		return &f.name
	case "category":
		return &f.category
	case "userId":
		return &f.userID
	case "anonymousId":
		return &f.anonymousID
	case "previousId":
		return &f.previousID
	case "groupId":
		return &f.groupID
	case "properties":
		return &f.properties
	case "traits":
		return &f.traits
	case "context":
		return &f.context
	case "timestamp":
		return &f.timestamp
	case "originalTimestamp":
		return &f.originalTimestamp
	case "sentAt":
		return &f.sentAt
	case "writeKey":
		return &f.key
	}
	return nil
}

// walk passes the whole body.
func (p *parser) walk() error {
	s := &p.scan
	ok := false
	switch s.space() {
	case '[':
		p.many = true
		ok = s.array(p.element)
	case '{':
		ok = p.object(&p.top, true)
	case 0:
		if s.pos == len(s.buf) {
			return refuse(http.StatusBadRequest, "the body is empty")
		}
	}
	if !ok && len(p.events) == p.call.Limits.Events {
		return refuse(http.StatusRequestEntityTooLarge, "too many events in one body")
	}
	if s.space(); !ok || s.pos != len(s.buf) {
		return refuse(http.StatusBadRequest, "the body is not JSON: see byte %d", s.pos)
	}
	if p.many && p.call.Kind != "" && len(p.events) == 0 {
		return refuse(http.StatusBadRequest, "the body holds no event")
	}
	if !p.many && p.call.Kind == "" && p.top.kind == (span{}) {
		return refuse(http.StatusBadRequest, "the body has no batch")
	}
	return p.shared()
}

// element passes one event of a batch.
func (p *parser) element() bool {
	if len(p.events) == p.call.Limits.Events {
		return false
	}
	p.events = append(p.events, fields{})
	f := &p.events[len(p.events)-1]
	if p.scan.space() == '{' {
		return p.object(f, false)
	}
	f.scalar = true
	var ok bool
	f.whole, ok = p.scan.value()
	return ok
}

// object passes an event, or the top level, in which a field batch holds the
// events.
func (p *parser) object(f *fields, top bool) bool {
	s := &p.scan
	from := s.pos
	p.top.dirty = p.top.dirty || s.dirty // of what came before
	s.dirty, s.deep = false, 0
	ok := s.object(func(key []byte) bool {
		name := key[1 : len(key)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = []byte(unquote(key))
		}
		switch next := s.space(); {
		case next == '{' && string(name) == "context":
			return p.contextOf(f)
		case next == '[' && top && string(name) == "batch":
			p.many = true
			return s.array(p.element)
		}
		at, ok := s.value()
		if place := f.place(string(name)); place != nil {
			*place = at
		}
		return ok
	})
	f.whole = span{uint32(from), uint32(s.pos)}
	f.dirty, f.deep = f.dirty || s.dirty, s.deep+1
	return ok
}

// contextOf passes the context of f, and notes the two of its fields that are
// wanted.
func (p *parser) contextOf(f *fields) bool {
	s := &p.scan
	from := s.pos
	f.contextGroup, f.contextTraits = span{}, span{}
	ok := s.object(func(key []byte) bool {
		at, ok := s.value()
		switch string(key) {
		case `"groupId"`:
			f.contextGroup = at
		case `"traits"`:
			f.contextTraits = at
		}
		return ok
	})
	f.context = span{uint32(from), uint32(s.pos)}
	return ok
}

// shared reads what the top level of a batch says of all its events.
func (p *parser) shared() error {
	p.sent, _ = p.time(p.top.sentAt)
	if p.sent.IsZero() && p.call.SentAt != "" {
		p.sent, _ = parseTime(p.call.SentAt)
	}
	if !p.many {
		return nil
	}
	if c := p.raw(p.top.context); len(c) > 2 && c[0] == '{' {
		p.context = c
		if p.top.dirty {
			p.context = clean(c)
		}
	}
	// A large context times many events would be a large answer to a small
	// question.
	if len(p.context)*len(p.events) > 4*p.call.Limits.Body {
		return refuse(http.StatusRequestEntityTooLarge, "the context of the batch is too large for so many events")
	}
	return nil
}

// body makes the events.
func (p *parser) body() (Body, error) {
	all := p.events
	if !p.many {
		all = []fields{p.top}
	}
	b := Body{Key: p.key(all)}
	b.Batch.Events = make([]farol.Event, 0, len(all))
	for i := range all {
		n := len(b.Batch.Events)
		b.Batch.Events = b.Batch.Events[:n+1]
		err := p.event(&b.Batch.Events[n], &all[i])
		if err == nil {
			continue
		}
		b.Batch.Events[n] = farol.Event{}
		b.Batch.Events = b.Batch.Events[:n]
		// A small body of empty events must not become many rows.
		if len(b.Where) < maxRejected {
			b.Batch.Rejected = append(b.Batch.Rejected, p.rejected(&all[i], err))
			b.Where = append(b.Where, i)
		}
	}
	return b, nil
}

// maxRejected is how many rejected events of one body are kept.
const maxRejected = 2500

// key is the first write key of the body: at its top, else in an event.
func (p *parser) key(events []fields) string {
	if k, err := p.text(p.top.key, p.top.dirty); err == nil && told(k) {
		return k
	}
	for i := range events {
		if k, err := p.text(events[i].key, events[i].dirty); err == nil && told(k) {
			return k
		}
	}
	return ""
}

// told is false for the stars that some clients put in the key's place.
func told(key string) bool { return strings.Trim(key, "*") != "" }

// raw is the text of a value, nil when it is absent or null.
func (p *parser) raw(at span) []byte {
	v := p.scan.buf[at.from:at.to:at.to]
	if len(v) == 0 || v[0] == 'n' {
		return nil
	}
	return v
}
