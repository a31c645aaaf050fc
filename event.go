package farol

import (
	"encoding/json"
	"time"
)

// Kind is the call by which an event came in, in Segment's words.
type Kind string

// The six kinds of events.
const (
	Track    Kind = "track"
	Identify Kind = "identify"
	Group    Kind = "group"
	Page     Kind = "page"
	Screen   Kind = "screen"
	Alias    Kind = "alias"
)

// Kinds lists every Kind.
var Kinds = []Kind{Track, Identify, Group, Page, Screen, Alias}

// Event is one thing that happened to a customer. It is never edited: what
// is learned later is another event.
type Event struct {
	// ID is the message id. Within one source it is taken in once.
	ID     string
	Source SourceID
	Kind   Kind
	// Name is the event's name for track ("Report Created"), the page's for
	// page and screen, and empty for the rest.
	Name string
	// At is when it happened, corrected for the sender's clock. UTC,
	// millisecond precision.
	At time.Time
	// OriginalAt is the time as the sender wrote it, zero when it wrote none.
	OriginalAt time.Time
	// Known is when Farol committed it. UTC. Set by facts.Append, never before.
	Known time.Time
	// Account is the account that the event itself names, or empty.
	Account AccountID
	// User is the user id that the event carries, or empty.
	User PersonID
	// Anonymous is the anonymous id that the event carries, or empty.
	Anonymous AnonymousID
	// PreviousID is the id that an alias call joins to User.
	PreviousID string
	// Properties holds properties (track, page, screen) or traits (identify,
	// group): a JSON object, or nil for none.
	Properties json.RawMessage
	// Context is the call's context: a JSON object, or nil for none.
	Context json.RawMessage
	// ClockFlag says why At is not the sender's time: "" (it is), "corrected"
	// (sender's clock was off), "unreadable", "future".
	ClockFlag string
}

// Person is who did it: the user when named, else the anonymous id, else "".
// It does not follow identify and alias; the facts do.
func (e *Event) Person() PersonID {
	if e.User != "" {
		return e.User
	}
	if e.Anonymous != "" {
		return PersonOf(e.Anonymous)
	}
	return ""
}

// LateGrace is how long after a local day's end its events still count as on
// time; that is also when a period is closed.
const LateGrace = time.Hour

// Late tells whether a fact of instant at, learned at known, came after its
// local day was closed.
func Late(at, known time.Time, zone *time.Location) bool {
	end := DayOf(at, zone).Next(1).Start(zone)
	return !known.Before(end.Add(LateGrace))
}
