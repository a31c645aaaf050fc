package demo

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

// call is one call of a client library, before it travels.
type call struct {
	kind   farol.Kind
	name   string
	at     time.Time
	source farol.SourceID
	user   farol.PersonID
	anon   farol.AnonymousID
	prev   string
	// account that the call names; nil when it names none.
	account *account
	props   []byte
	context []byte
	// late is how long the device was offline after the event.
	late time.Duration
	// skew is how far the device's clock is off.
	skew time.Duration
	// note tells the ledger what this event means, when it first becomes known.
	note func(*ledger)
	// acts marks interactive use by raw id actor in account place (nil: none).
	acts  bool
	actor int32
	place *account
}

// item is an event on its way.
type item struct {
	farol.Event
	known int64 // Unix milliseconds
	seq   uint64
	again bool // a repetition
	acts  bool
	actor int32
	place *account
	note  func(*ledger)
}

// Odds of the accidents that ingestion must stand.
const (
	oddsRepeat = 0.015
	oddsFuture = 0.0004
)

// identityDelay is shorter than any other delay: what an event needs in order
// to be attributed (identify, group, alias) is known before the event.
const identityDelay = 150 * time.Millisecond

// send puts a call on its way: it becomes known after the network's delay,
// or days later when the device was offline, and sometimes twice.
func (c *Company) send(r *rand.Rand, k call) {
	at := k.at.UnixMilli()
	delay := identityDelay.Milliseconds()
	if k.kind == farol.Track || k.kind == farol.Page || k.kind == farol.Screen {
		delay = 200 + int64(r.ExpFloat64()*900)
	}
	it := &item{
		Event: farol.Event{
			ID: c.nextID(), Source: k.source, Kind: k.kind, Name: k.name,
			At: time.UnixMilli(at).UTC(), OriginalAt: time.UnixMilli(at).UTC(),
			User: k.user, Anonymous: k.anon, PreviousID: k.prev,
			Properties: k.props, Context: k.context,
		},
		known: at + delay + k.late.Milliseconds(), seq: c.seq,
		acts: k.acts, actor: k.actor, place: k.place, note: k.note,
	}
	if k.account != nil {
		it.Account = k.account.id
	}
	switch {
	case k.skew != 0:
		it.OriginalAt = it.At.Add(k.skew)
		it.ClockFlag = "corrected"
	case k.acts && k.late == 0 && r.Float64() < oddsFuture:
		it.OriginalAt = it.At.AddDate(3, 0, 0)
		it.ClockFlag = "future"
	}
	c.fresh = append(c.fresh, it)
	if r.Float64() < oddsRepeat {
		c.repeat(r, it)
	}
}

// repeat sends the item again: mostly an impatient client within a minute,
// at times a queue that is flushed up to two days later.
func (c *Company) repeat(r *rand.Rand, it *item) {
	again := *it
	again.again, again.note, again.acts = true, nil, false
	if r.Float64() < 0.7 {
		again.known += 1000 + r.Int64N(60_000)
	} else {
		again.known += 3_600_000 + r.Int64N(2*86_400_000-3_600_000)
	}
	c.seq++
	again.seq = c.seq
	c.fresh = append(c.fresh, &again)
}

// nextID numbers events within the seed: "d7-2k3x".
func (c *Company) nextID() string {
	c.seq++
	var b [40]byte
	s := append(b[:0], 'd')
	s = strconv.AppendUint(s, c.cfg.Seed, 36)
	s = append(s, '-')
	s = strconv.AppendUint(s, c.seq, 36)
	return string(s)
}

// slab gives room to many small JSON texts at once.
type slab struct{ free []byte }

// keep copies the text into the slab.
func (s *slab) keep(b []byte) []byte {
	if len(s.free) < len(b) {
		s.free = make([]byte, max(64<<10, len(b)))
	}
	out := s.free[:len(b):len(b)]
	copy(out, b)
	s.free = s.free[len(b):]
	return out
}

// object writes a JSON object, keys in the order given.
type object struct{ b []byte }

func (o *object) key(k string) {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = appendText(o.b, k)
	o.b = append(o.b, ':')
}

func (o *object) text(k, v string) *object {
	o.key(k)
	o.b = appendText(o.b, v)
	return o
}

func (o *object) number(k string, v int64) *object {
	o.key(k)
	o.b = strconv.AppendInt(o.b, v, 10)
	return o
}

// cents writes minor units as a decimal number: 123450 is 1234.50.
func (o *object) cents(k string, minor int64) *object {
	o.key(k)
	o.b = appendCents(o.b, minor)
	return o
}

func (o *object) truth(k string, v bool) *object {
	o.key(k)
	o.b = strconv.AppendBool(o.b, v)
	return o
}

// when writes an instant as RFC 3339 in UTC.
func (o *object) when(k string, t time.Time) *object {
	return o.text(k, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// done closes the object and keeps it; nil when it is empty.
func (o *object) done(s *slab) []byte {
	if len(o.b) == 0 {
		return nil
	}
	return s.keep(append(o.b, '}'))
}

func appendCents(b []byte, minor int64) []byte {
	b = strconv.AppendInt(b, minor/100, 10)
	b = append(b, '.', byte('0'+minor/10%10), byte('0'+minor%10))
	return b
}

// appendText writes a JSON string; what we write is valid UTF-8.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '"' || ch == '\\':
			b = append(b, '\\', ch)
		case ch < 0x20:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[ch>>4], "0123456789abcdef"[ch&15])
		default:
			b = append(b, ch)
		}
	}
	return append(b, '"')
}
