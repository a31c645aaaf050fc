package ingest

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// span is a piece of the body, from and to as byte offsets. The zero span is
// a field that was not sent.
type span struct{ from, to uint32 }

// scanner walks JSON text once, from left to right, without building a tree:
// what is wanted is where each value lies, since properties are stored as
// they came. It holds to the grammar of RFC 8259 in everything but raw
// control characters inside strings, which senders write by mistake and which
// clean mends.
type scanner struct {
	buf []byte
	pos int
	// dirty says that something passed since it was last cleared must not be
	// stored as it is: NUL, a lone surrogate, a raw control character or a
	// byte that is not UTF-8.
	dirty bool
	// deep is the deepest nesting passed by skip since it was last cleared.
	deep int
	// open holds the bracket of each level inside skip. A slice and not the
	// call stack: the sender decides how deep it goes.
	open []byte
}

// reset points the scanner at another body and keeps its memory.
func (s *scanner) reset(body []byte) {
	*s = scanner{buf: body, open: s.open[:0]}
}

// space passes white space and tells the byte after it, 0 at the end.
func (s *scanner) space() byte {
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// object calls member for each key of the object that starts here, the key
// with its quotes and the position at its value, which member must pass. It
// tells whether all of it was JSON.
func (s *scanner) object(member func(key []byte) bool) bool {
	s.pos++
	if s.space() == '}' {
		s.pos++
		return true
	}
	for {
		key, ok := s.key()
		if !ok || !member(key) {
			return false
		}
		switch s.space() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return true
		default:
			return false
		}
	}
}

// array calls element at each value of the array that starts here; element
// must pass the value. It tells whether all of it was JSON.
func (s *scanner) array(element func() bool) bool {
	s.pos++
	if s.space() == ']' {
		s.pos++
		return true
	}
	for {
		s.space()
		if !element() {
			return false
		}
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return true
		default:
			return false
		}
	}
}

// value passes one value and tells where it lay.
func (s *scanner) value() (span, bool) {
	s.space()
	from := s.pos
	ok := s.skip()
	return span{uint32(from), uint32(s.pos)}, ok
}

// skip passes one value of any depth.
func (s *scanner) skip() bool {
	s.open = s.open[:0]
	for {
		opened, ok := s.begin()
		if !ok {
			return false
		}
		if opened {
			continue
		}
		more, ok := s.closeEnded()
		if !ok || !more {
			return ok
		}
	}
}

// begin passes a scalar, an empty object or array, or the opening of a full
// one (opened), behind which the next value begins.
func (s *scanner) begin() (opened, ok bool) {
	switch c := s.space(); c {
	case '"':
		return false, s.text()
	case '{', '[':
		s.deep = max(s.deep, len(s.open)+1)
		s.pos++
		if s.space() == c+2 { // '}' is '{'+2 and ']' is '['+2
			s.pos++
			return false, true
		}
		s.open = append(s.open, c)
		if c == '{' {
			_, ok = s.key()
			return true, ok
		}
		return true, true
	case 't':
		return false, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return false, s.word("null")
	default:
		return false, s.number()
	}
}

// closeEnded goes from the end of a value to the next value (more), closing
// the objects and arrays that end in between.
func (s *scanner) closeEnded() (more, ok bool) {
	for len(s.open) > 0 {
		top := s.open[len(s.open)-1]
		switch c := s.space(); {
		case c == ',':
			s.pos++
			if top == '{' {
				_, ok = s.key()
				return true, ok
			}
			return true, true
		case c == top+2:
			s.pos++
			s.open = s.open[:len(s.open)-1]
		default:
			return false, false
		}
	}
	return false, true
}

// key passes a key, its colon and the white space around; the key is with
// its quotes.
func (s *scanner) key() (key []byte, ok bool) {
	if s.space() != '"' {
		return nil, false
	}
	from := s.pos
	if !s.text() {
		return nil, false
	}
	key = s.buf[from:s.pos]
	if s.space() != ':' {
		return nil, false
	}
	s.pos++
	s.space()
	return key, true
}

func (s *scanner) word(w string) bool {
	if len(s.buf)-s.pos < len(w) || string(s.buf[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) number() bool {
	if s.pos < len(s.buf) && s.buf[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.buf) && s.buf[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.pos < len(s.buf) && s.buf[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.pos < len(s.buf) && s.buf[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.buf) && (s.buf[s.pos] == '+' || s.buf[s.pos] == '-') {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.buf) && s.buf[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > from
}

// text passes a string. Most bytes of a body lie inside strings and need no
// look, so they go by in eights.
func (s *scanner) text() bool {
	s.pos++
	for {
		for s.pos+8 <= len(s.buf) {
			m := notable(binary.LittleEndian.Uint64(s.buf[s.pos:]))
			if m != 0 {
				s.pos += bits.TrailingZeros64(m) / 8
				break
			}
			s.pos += 8
		}
		if s.pos >= len(s.buf) {
			return false
		}
		switch c := s.buf[s.pos]; {
		case c == '"':
			s.pos++
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < 0x20:
			s.dirty = true
			s.pos++
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, n := utf8.DecodeRune(s.buf[s.pos:])
			s.dirty = s.dirty || r == utf8.RuneError && n == 1
			s.pos += n
		}
	}
}

// notable marks, by the high bit of the byte, the first of eight bytes that
// is a quote, a backslash, a control character or not ASCII; bytes behind it
// may be marked too.
func notable(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^ones*'"', w^ones*'\\'
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w | w) & highs
}

// escape passes a backslash and what belongs to it.
func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.buf) {
		return false
	}
	switch s.buf[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return true
	case 'u':
		n, fine := unicodeEscape(s.buf[s.pos:])
		s.dirty = s.dirty || !fine
		s.pos += n
		return n > 0
	}
	return false
}

// unicodeEscape measures the \uXXXX that b begins with, or the pair of them
// that makes one character: 6 or 12 bytes, 0 when it is none. fine is false
// for NUL and for half of a surrogate pair.
func unicodeEscape(b []byte) (n int, fine bool) {
	r, ok := hex4(b)
	if !ok {
		return 0, false
	}
	switch {
	case r == 0:
		return 6, false
	case r < 0xD800 || r > 0xDFFF:
		return 6, true
	case r > 0xDBFF:
		return 6, false
	}
	low, ok := hex4(b[6:])
	if !ok || low < 0xDC00 || low > 0xDFFF {
		return 6, false
	}
	return 12, true
}

// hex4 reads the \uXXXX at the front of b.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// clean rewrites JSON text that a scanner passed and called dirty, so that
// any engine can keep it: NUL, lone surrogates and bytes that are not UTF-8
// become U+FFFD, raw control characters become escapes.
func clean(raw []byte) []byte {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(raw)+16)
	inside := false // a string
	for i := 0; i < len(raw); {
		c := raw[i]
		n := 1
		switch {
		case c == '"':
			inside = !inside
			out = append(out, c)
		case c == '\\':
			var fine bool
			if n, fine = unicodeEscape(raw[i:]); n == 0 {
				n, fine = min(2, len(raw)-i), true
			}
			if fine {
				out = append(out, raw[i:i+n]...)
			} else {
				out = append(out, `\ufffd`...)
			}
		case c == 0:
			out = append(out, `\ufffd`...)
		case c < 0x20 && inside:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			out = append(out, c)
		default:
			var r rune
			r, n = utf8.DecodeRune(raw[i:])
			out = utf8.AppendRune(out, r)
		}
		i += n
	}
	return out
}
