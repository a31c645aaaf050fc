// Package farol is the vocabulary of the program: events, ids, periods, money
// and errors. It imports the standard library only, and every other package
// may import it.
//
// Two clocks run through all of it. "At" is when something was true; "known"
// is when Farol learned it. A number is always a number as of a date (facts
// with At up to it) and as known at an instant (facts with Known up to it).
package farol

// Ids are plain text of the outside world (what the customer's system calls
// the thing), each with a type of its own so that they cannot be swapped.
type (
	// AccountID names a customer company: a Segment groupId.
	AccountID string
	// PersonID names a person: a Segment userId, or, for somebody who never
	// signed in, the anonymous id with AnonymousPrefix before it.
	PersonID string
	// AnonymousID names a browser or device before anybody signed in.
	AnonymousID string
	// SourceID names a place that events come from; each has a write key.
	SourceID string
)

// AnonymousPrefix marks the PersonID of somebody known only by an anonymous
// id, so that it cannot meet a user id of the same text.
const AnonymousPrefix = "anon:"

// PersonOf is the person that an anonymous id stands for until it is joined
// to a user.
func PersonOf(a AnonymousID) PersonID { return PersonID(AnonymousPrefix + string(a)) }

// Anonymous tells whether the person is known only by an anonymous id.
func (p PersonID) Anonymous() bool {
	return len(p) > len(AnonymousPrefix) && p[:len(AnonymousPrefix)] == AnonymousPrefix
}
