package facts

import (
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
)

// seen remembers 64-bit hashes in about five bytes each: a list of tables of
// 32-bit fingerprints, every one as large as all before it. It may say yes to
// a hash that it never got (about once in a thousand million look-ups), never
// no to one that it has: a yes is checked in the engine.
type seen struct {
	segments []*segment
	total    int
}

type segment struct {
	slots []uint32 // 0 is free
	used  int
	// from and to are the first and last known of what is inside; zero where
	// time does not matter.
	from, to time.Time
}

const firstSegment = 1 << 14

func newSegment(capacity int) *segment {
	size := firstSegment * 2
	for size*3/4 < capacity {
		size *= 2
	}
	return &segment{slots: make([]uint32, size)}
}

func (s *segment) full() bool { return s.used >= len(s.slots)*3/4 }

func fingerprint(h uint64) uint32 {
	if f := uint32(h >> 32); f != 0 {
		return f
	}
	return 1
}

func (s *segment) has(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	f := fingerprint(h)
	for i := h & mask; s.slots[i] != 0; i = (i + 1) & mask {
		if s.slots[i] == f {
			return true
		}
	}
	return false
}

func (s *segment) add(h uint64) {
	mask := uint64(len(s.slots) - 1)
	i := h & mask
	for s.slots[i] != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = fingerprint(h)
	s.used++
}

// maxSegment keeps a segment within 256 MB of memory.
const maxSegment = 48 << 20

// add puts the hash in. Time may be zero.
func (s *seen) add(h uint64, known time.Time) {
	last := len(s.segments) - 1
	if last < 0 || s.segments[last].full() {
		s.segments = append(s.segments, newSegment(min(maxSegment, max(firstSegment, s.total))))
		last++
		s.segments[last].from = known
	}
	seg := s.segments[last]
	seg.add(h)
	seg.to = known
	s.total++
}

// has tells whether the hash may be inside, and if so between which instants
// it was put in.
func (s *seen) has(h uint64) (from, to time.Time, yes bool) {
	for i := len(s.segments) - 1; i >= 0; i-- {
		if seg := s.segments[i]; seg.has(h) {
			if !yes || seg.from.Before(from) {
				from = seg.from
			}
			if !yes {
				to = seg.to
			}
			yes = true
		}
	}
	return from, to, yes
}

// expire drops the segments that hold nothing newer than the instant.
func (s *seen) expire(before time.Time) {
	for len(s.segments) > 0 && s.segments[0].full() && s.segments[0].to.Before(before) {
		s.total -= s.segments[0].used
		s.segments = s.segments[1:]
	}
}

// people are the raw ids that have stored events, and the persons that they
// stand for. Somebody who has none cannot have events that a link or a
// membership moves. It belongs to the writer, but for past.
type people struct {
	now  seen
	past atomic.Pointer[seen] // of earlier runs, nil until loaded
}

func (p *people) has(id string) bool { return p.hasHash(xxhash.Sum64String(id)) }

func (p *people) hasHash(h uint64) bool {
	past := p.past.Load()
	if past == nil {
		return true
	}
	if _, _, yes := p.now.has(h); yes {
		return true
	}
	_, _, yes := past.has(h)
	return yes
}

func (p *people) add(id string) { p.addHash(xxhash.Sum64String(id)) }

func (p *people) addHash(h uint64) {
	if _, _, yes := p.now.has(h); !yes {
		p.now.add(h, time.Time{})
	}
}

// cache holds the most recently used entries, between size and twice size of
// them: when the young half is full the old half is dropped.
type cache[V any] struct {
	size       int
	young, old map[string]V
}

func newCache[V any](size int) *cache[V] {
	return &cache[V]{size: size, young: map[string]V{}, old: map[string]V{}}
}

func (c *cache[V]) get(k string) (V, bool) {
	v, ok := c.young[k]
	if ok {
		return v, true
	}
	if v, ok = c.old[k]; ok {
		c.put(k, v)
	}
	return v, ok
}

func (c *cache[V]) put(k string, v V) {
	if len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[string]V, c.size)
	}
	c.young[k] = v
}

func (c *cache[V]) drop(k string) {
	delete(c.young, k)
	delete(c.old, k)
}

func (c *cache[V]) clear() { c.young, c.old = map[string]V{}, map[string]V{} }
