package ingest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// pass tells whether a scanner takes raw as one JSON value and nothing else.
func pass(raw []byte) (s scanner, ok bool) {
	s = scanner{buf: raw}
	ok = s.skip()
	s.space()
	return s, ok && s.pos == len(raw)
}

var jsonTexts = []string{
	`{}`, `[]`, `{"a":1}`, ` { "a" : [ 1 , 2.5 , -0 , 1e9 , 1E-9 , true , false , null , "x" ] } `,
	`"\u00e9\ud83d\ude00\n\"\\\/"`, `"é😀"`, `9007199254740993`, `-12.50e+3`, `{"a":{"b":{"c":[[[]]]}}}`,
	`{"a":1,"a":2}`, `"12345678"`, `"1234567\""`, `"a long text without anything that needs a look, and then some"`,
	"\"\x7f\"", `""`, `"\ud83d\ude00\ud83d\ude00"`,
	// not JSON
	``, ` `, `{`, `[`, `"`, `"abc`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{a:1}`, `{'a':1}`, `01`, `1.`, `.5`, `-`, `+1`,
	`1e`, `tru`, `nul`, `NaN`, `Infinity`, `"\x"`, `"\u12g4"`, `"\u12"`, `"\`, `[1 2]`, `{"a" 1}`, `{"a":1 "b":2}`, `[}`, `{]`, `[1}`, `{"a":1]`,
	`{} {}`, `1 2`, `nullx`, `truefalse`, `{"a":[}`, `{1:2}`,
}

func TestScannerAgreesWithTheStandardLibrary(t *testing.T) {
	for _, text := range jsonTexts {
		if _, ok := pass([]byte(text)); ok != json.Valid([]byte(text)) {
			t.Errorf("%q: scanner says %v", text, ok)
		}
	}
}

func TestScannerTakesAnyDepth(t *testing.T) {
	const n = 200_000
	s, ok := pass([]byte(strings.Repeat("[", n) + strings.Repeat("]", n)))
	if !ok || s.deep != n {
		t.Errorf("ok %v, depth %d", ok, s.deep)
	}
	if _, ok := pass([]byte(strings.Repeat(`{"a":`, n))); ok {
		t.Error("an object that never ends was taken")
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"nothing to do", `{"a":"b\u00e9\ud83d\ude00 é 😀"}`, `{"a":"b\u00e9\ud83d\ude00 é 😀"}`},
		{"escaped NUL", `"a\u0000b"`, `"a\ufffdb"`},
		{"escaped backslash before u0000", `"a\\u0000b"`, `"a\\u0000b"`},
		{"raw NUL", "\"a\x00b\"", `"a\ufffdb"`},
		{"lone high surrogate", `"\ud83dx"`, `"\ufffdx"`},
		{"lone low surrogate", `"\ude00"`, `"\ufffd"`},
		{"high, high, low", `"\ud83d\ud83d\ude00"`, `"\ufffd\ud83d\ude00"`},
		{"surrogate encoded in UTF-8", "\"\xed\xa0\xbd\"", "\"\uFFFD\uFFFD\uFFFD\""},
		{"broken UTF-8", "\"a\xffb\xc3\"", "\"a\uFFFDb\uFFFD\""},
		{"raw line end", "\"a\nb\tc\"", `"a\u000ab\u0009c"`},
		{"white space between", "{\n\t\"a\": 1\r\n}", "{\n\t\"a\": 1\r\n}"},
		{"in keys too", `{"a\u0000":1}`, `{"a\ufffd":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, ok := pass([]byte(c.raw))
			if !ok {
				t.Fatal("not taken as JSON")
			}
			if got := string(clean([]byte(c.raw))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if s.dirty != (c.raw != c.want) {
				t.Errorf("dirty is %v", s.dirty)
			}
		})
	}
}

// FuzzScanner holds the scanner to the standard library: what that takes is
// taken and kept as it is, and what we take beyond it becomes valid when
// cleaned.
func FuzzScanner(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Add([]byte("\"a\x00\n\xff\\ud800\""))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, ok := pass(raw)
		valid := json.Valid(raw)
		if valid && !ok {
			t.Fatalf("valid JSON refused at byte %d", s.pos)
		}
		if !ok {
			return
		}
		cleaned := clean(raw)
		if !json.Valid(cleaned) || !utf8.Valid(cleaned) || bytes.Contains(cleaned, []byte(`\u0000`)) && !bytes.Contains(raw, []byte(`\\`)) {
			t.Fatalf("still dirty: %q", cleaned)
		}
		if again, _ := pass(cleaned); again.dirty {
			t.Fatalf("called dirty after cleaning: %q", cleaned)
		}
		if !s.dirty && (!valid || !bytes.Equal(cleaned, raw)) {
			t.Fatalf("called clean: %q", raw)
		}
		if !valid {
			return
		}
		var want, got any
		if json.Unmarshal(raw, &want) == nil && json.Unmarshal(cleaned, &got) == nil &&
			!bytes.Contains(raw, []byte(`\u0000`)) && !reflect.DeepEqual(want, got) {
			t.Fatalf("cleaning changed the meaning: %q", cleaned)
		}
	})
}
