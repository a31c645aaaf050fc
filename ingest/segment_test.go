package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

var received = time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)

// a call with predictable ids.
func call(kind farol.Kind) Call {
	n := 0
	return Call{Kind: kind, Source: "s1", Received: received, ID: func() string { n++; return fmt.Sprintf("made-%d", n) }}
}

func parsed(t *testing.T, kind farol.Kind, raw string) Body {
	t.Helper()
	b, err := Parse([]byte(raw), call(kind))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return b
}

// base is the event that a body without anything special makes.
func base(kind farol.Kind, change func(*farol.Event)) farol.Event {
	e := farol.Event{ID: "m1", Source: "s1", Kind: kind, User: "u1", At: received}
	change(&e)
	return e
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name string
		kind farol.Kind
		raw  string
		want farol.Event
	}{
		{"track", farol.Track, `{"messageId":"m1","userId":"u1","event":"Report Created","properties":{"n": 1}}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "Report Created"; e.Properties = raw(`{"n": 1}`) })},
		{"nothing but the needed", farol.Track, `{"userId":"u1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.ID = "made-1"; e.Name = "X" })},
		{"empty message id", farol.Track, `{"messageId":"","userId":"u1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.ID = "made-1"; e.Name = "X" })},
		{"the path's kind counts", farol.Track, `{"type":"page","messageId":"m1","userId":"u1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "X" })},
		{"numbers as ids stay exact", farol.Track, `{"messageId":9007199254740993,"userId":9007199254740993,"groupId":-7,"event":"X","properties":{"id":9007199254740993,"x":1.10}}`,
			base(farol.Track, func(e *farol.Event) {
				e.ID, e.User, e.Account, e.Name = "9007199254740993", "9007199254740993", "-7", "X"
				e.Properties = raw(`{"id":9007199254740993,"x":1.10}`)
			})},
		{"empty user id beside an anonymous one", farol.Track, `{"messageId":"m1","userId":"","anonymousId":"a1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.User, e.Anonymous, e.Name = "", "a1", "X" })},
		{"null is absent", farol.Track, `{"messageId":"m1","userId":"u1","anonymousId":null,"event":"X","properties":null,"context":null,"timestamp":null}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "X" })},
		{"empty objects, and PHP's empty array", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","properties":[ ],"context":{ }}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "X" })},
		{"account of the context", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","context":{"groupId":"g1","ip":"::1"}}`,
			base(farol.Track, func(e *farol.Event) {
				e.Name, e.Account = "X", "g1"
				e.Context = raw(`{"groupId":"g1","ip":"::1"}`)
			})},
		{"account at the top wins", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","groupId":"g2","context":{"groupId":"g1"}}`,
			base(farol.Track, func(e *farol.Event) { e.Name, e.Account = "X", "g2"; e.Context = raw(`{"groupId":"g1"}`) })},
		{"an account's event has no person", farol.Track, `{"messageId":"m1","groupId":"g1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.User, e.Name, e.Account = "", "X", "g1" })},
		{"escapes in keys and ids", farol.Track, `{"messageId":"m1","user\u0049d":"u\u0031","event":"\u00e9 \"q\""}`,
			base(farol.Track, func(e *farol.Event) { e.Name = `é "q"` })},
		{"NUL and lone surrogates", farol.Track, `{"messageId":"m1","userId":"u\u0000","event":"X\ud800","properties":{"a":"\u0000\udc00"}}`,
			base(farol.Track, func(e *farol.Event) {
				e.User, e.Name = "u\uFFFD", "X\uFFFD"
				e.Properties = raw(`{"a":"\ufffd\ufffd"}`)
			})},
		{"byte order mark and unknown fields", farol.Track, "\ufeff" + `{"messageId":"m1","userId":"u1","event":"X","integrations":{"All":false},"_metadata":[1],"channel":3,"zzz":{"a":[]}}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "X" })},
		{"page", farol.Page, `{"messageId":"m1","userId":"u1","name":"Home","category":"Docs","properties":{"url":"/"}}`,
			base(farol.Page, func(e *farol.Event) { e.Name = "Home"; e.Properties = raw(`{"url":"/","category":"Docs"}`) })},
		{"page named in its properties", farol.Page, `{"messageId":"m1","userId":"u1","category":"Docs","properties":{"name":"Home","category":"D"}}`,
			base(farol.Page, func(e *farol.Event) { e.Name = "Home"; e.Properties = raw(`{"name":"Home","category":"D"}`) })},
		{"screen without anything", farol.Screen, `{"messageId":"m1","userId":"u1","category":"C"}`,
			base(farol.Screen, func(e *farol.Event) { e.Properties = raw(`{"category":"C"}`) })},
		{"identify", farol.Identify, `{"messageId":"m1","userId":"u1","anonymousId":"a1","traits":{"plan":"pro"}}`,
			base(farol.Identify, func(e *farol.Event) { e.Anonymous = "a1"; e.Properties = raw(`{"plan":"pro"}`) })},
		{"traits in the context alone", farol.Identify, `{"messageId":"m1","userId":"u1","context":{"traits":{"plan":"pro"}}}`,
			base(farol.Identify, func(e *farol.Event) {
				e.Properties = raw(`{"plan":"pro"}`)
				e.Context = raw(`{"traits":{"plan":"pro"}}`)
			})},
		{"group, whose context has the person's traits", farol.Group, `{"messageId":"m1","userId":"u1","groupId":"g1","context":{"traits":{"email":"e"}}}`,
			base(farol.Group, func(e *farol.Event) { e.Account = "g1"; e.Context = raw(`{"traits":{"email":"e"}}`) })},
		{"alias", farol.Alias, `{"messageId":"m1","userId":"u1","previousId":"a1"}`,
			base(farol.Alias, func(e *farol.Event) { e.PreviousID = "a1" })},
		{"alias of the browser's anonymous id", farol.Alias, `{"messageId":"m1","userId":"u1","anonymousId":"a1"}`,
			base(farol.Alias, func(e *farol.Event) { e.PreviousID, e.Anonymous = "a1", "a1" })},
		{"time with nanoseconds", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","timestamp":"2026-02-01T00:00:00.312502362Z"}`,
			base(farol.Track, func(e *farol.Event) {
				e.Name = "X"
				e.At = time.Date(2026, 2, 1, 0, 0, 0, 312e6, time.UTC)
				e.OriginalAt = e.At
			})},
		{"originalTimestamp before timestamp", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","timestamp":"2026-02-02","originalTimestamp":"2026-02-01"}`,
			base(farol.Track, func(e *farol.Event) {
				e.Name = "X"
				e.At = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
				e.OriginalAt = e.At
			})},
		{"time that cannot be read", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","timestamp":{"a":1}}`,
			base(farol.Track, func(e *farol.Event) { e.Name, e.ClockFlag = "X", clockUnreadable })},
		{"clock two hours fast", farol.Track, `{"messageId":"m1","userId":"u1","event":"X","timestamp":"2026-02-03T13:00:00Z","sentAt":"2026-02-03T14:00:00Z"}`,
			base(farol.Track, func(e *farol.Event) {
				e.Name, e.ClockFlag = "X", clockCorrected
				e.At = received.Add(-time.Hour)
				e.OriginalAt = received.Add(time.Hour)
			})},
		{"blank ids are none", farol.Track, `{"messageId":" ","userId":"  ","anonymousId":"a b","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.ID, e.User, e.Anonymous, e.Name = "made-1", "", "a b", "X" })},
		{"the last of two", farol.Track, `{"messageId":"m1","userId":"u0","userId":"u1","event":"X"}`,
			base(farol.Track, func(e *farol.Event) { e.Name = "X" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := parsed(t, c.kind, c.raw)
			if len(b.Batch.Events) != 1 {
				t.Fatalf("rejected: %+v", b.Batch.Rejected)
			}
			if got := b.Batch.Events[0]; !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %+v %s %s\nwant %+v", got, got.Properties, got.Context, c.want)
			}
		})
	}
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func TestRejected(t *testing.T) {
	long := strings.Repeat("x", maxText)
	for _, c := range []struct{ name, event, field, reason string }{
		{"no object", `7`, "", "the event must be an object"},
		{"null", `null`, "", "the event must be an object"},
		{"no type", `{"userId":"u","event":"X"}`, "type", "is required"},
		{"unknown type", `{"type":"tracks","userId":"u","event":"X"}`, "type", "must be track, identify, group, page, screen or alias"},
		{"type of a wrong type", `{"type":[1],"userId":"u","event":"X"}`, "type", "must be track, identify, group, page, screen or alias"},
		{"nobody", `{"type":"track","event":"X"}`, "userId", "userId or anonymousId is required"},
		{"null and empty are nobody", `{"type":"track","event":"X","userId":null,"anonymousId":""}`, "userId", "userId or anonymousId is required"},
		{"nobody on a page of an account", `{"type":"page","groupId":"g"}`, "userId", "userId or anonymousId is required"},
		{"user id of a wrong type", `{"type":"track","event":"X","userId":{"id":1}}`, "userId", "must be text"},
		{"user id true", `{"type":"track","event":"X","userId":true}`, "userId", "must be text"},
		{"user id too long", `{"type":"track","event":"X","userId":"` + long + `"}`, "userId", "is too long"},
		{"message id of a wrong type", `{"type":"track","event":"X","userId":"u","messageId":["m"]}`, "messageId", "must be text"},
		{"no event name", `{"type":"track","userId":"u"}`, "event", "is required"},
		{"event name of a wrong type", `{"type":"track","userId":"u","event":{}}`, "event", "must be text"},
		{"properties of a wrong type", `{"type":"track","userId":"u","event":"X","properties":"a=b"}`, "properties", "must be an object"},
		{"properties an array", `{"type":"track","userId":"u","event":"X","properties":[1]}`, "properties", "must be an object"},
		{"context of a wrong type", `{"type":"track","userId":"u","event":"X","context":3}`, "context", "must be an object"},
		{"traits of a wrong type", `{"type":"identify","userId":"u","traits":false}`, "traits", "must be an object"},
		{"group of nothing", `{"type":"group","userId":"u"}`, "groupId", "is required"},
		{"alias to nobody", `{"type":"alias","anonymousId":"a","previousId":"p"}`, "userId", "is required"},
		{"alias from nobody", `{"type":"alias","userId":"u"}`, "previousId", "is required"},
		{"too large", `{"type":"track","userId":"u","event":"X","properties":{"a":"` + strings.Repeat("y", 33<<10) + `"}}`, "", "the event is too large"},
		{"too deep", `{"type":"track","userId":"u","event":"X","properties":` + strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000) + `}`, "", "the event is nested too deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			good := `{"type":"track","messageId":"%s","userId":"u","event":"Good"}`
			b := parsed(t, "", `{"batch":[`+fmt.Sprintf(good, "m1")+`,`+c.event+`,`+fmt.Sprintf(good, "m2")+`]}`)
			if len(b.Batch.Events) != 2 || b.Batch.Events[0].ID != "m1" || b.Batch.Events[1].ID != "m2" {
				t.Fatalf("the good ones did not get through: %+v", b.Batch.Events)
			}
			if len(b.Batch.Rejected) != 1 || len(b.Where) != 1 || b.Where[0] != 1 {
				t.Fatalf("rejected %+v at %v", b.Batch.Rejected, b.Where)
			}
			r := b.Batch.Rejected[0]
			if r.Field != c.field || r.Reason != c.reason {
				t.Errorf("%q %q, want %q %q", r.Field, r.Reason, c.field, c.reason)
			}
			if r.Source != "s1" || r.Received != received || !strings.HasPrefix(c.event, r.Body) || len(r.Body) > maxRejectedBody {
				t.Errorf("kept as %+v", r)
			}
		})
	}
}

func TestRejectedKeepsWhatCanBeKnown(t *testing.T) {
	b := parsed(t, "", `{"batch":[{"type":"track","messageId":"m1","event":"X","properties":{"a":"`+"\x00\xff"+`"}}]}`)
	r := b.Batch.Rejected[0]
	if r.ID != "m1" || r.Kind != "track" || r.Name != "X" || !strings.Contains(r.Body, "\"a\":\"\uFFFD\uFFFD\"") {
		t.Errorf("%+v", r)
	}
}

func TestRejectedAreBounded(t *testing.T) {
	b := parsed(t, "", `{"batch":[`+strings.Repeat("0,", 9000)+`0]}`)
	if len(b.Batch.Rejected) != maxRejected || len(b.Where) != maxRejected {
		t.Errorf("%d rows", len(b.Batch.Rejected))
	}
}

func TestBatches(t *testing.T) {
	const e1, e2 = `{"type":"track","messageId":"m1","userId":"u1","event":"X"}`, `{"type":"page","messageId":"m2","userId":"u1"}`
	for _, c := range []struct {
		name, raw string
		events    int
	}{
		{"batch", `{"batch":[` + e1 + `,` + e2 + `],"sentAt":"2026-02-03T12:00:00Z","writeKey":"k"}`, 2},
		{"what it says first", `{"sentAt":"2026-02-03T12:00:00Z","context":{},"writeKey":"k","batch":[` + e1 + `,` + e2 + `]}`, 2},
		{"empty", `{"batch":[]}`, 0},
		{"bare array", `[` + e1 + `,` + e2 + `]`, 2},
		{"single event where a batch belongs", e1, 1},
		{"white space", " {\n\t\"batch\" : [ " + e1 + " ,\r\n" + e2 + " ] } \n", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := parsed(t, "", c.raw)
			if len(b.Batch.Events) != c.events || len(b.Batch.Rejected) != 0 {
				t.Errorf("%+v", b)
			}
		})
	}
}

func TestUnreadableBodies(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		status    int
	}{
		{"empty", "", 400}, {"blank", " \n", 400}, {"text", "hello", 400}, {"number", "12", 400}, {"string", `"a"`, 400}, {"null", "null", 400},
		{"cut off", `{"batch":[{"type":"track"`, 400},
		{"rubbish behind", `{"batch":[]}}`, 400},
		{"two", `{"batch":[]}{"batch":[]}`, 400},
		{"no batch", `{}`, 400}, {"batch of a wrong type", `{"batch":{}}`, 400}, {"batch null", `{"batch":null}`, 400},
		{"form", "a=b&c=d", 400}, {"deep and cut off", strings.Repeat("[", 500_000), 400},
		{"too many events", `{"batch":[` + strings.Repeat("{},", 10_000) + `{}]}`, 413},
		{"context times events", `{"context":{"a":"` + strings.Repeat("x", 500_000) + `"},"batch":[` + strings.Repeat("{},", 20) + `{}]}`, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.raw), call(""))
			var no *refusal
			if !errors.As(err, &no) || no.status != c.status {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A path for one event says so when there is none; an empty batch is fine.
func TestNoEvent(t *testing.T) {
	for _, raw := range []string{"[]", `{"batch":[]}`} {
		var no *refusal
		if _, err := Parse([]byte(raw), call(farol.Track)); !errors.As(err, &no) || no.status != 400 {
			t.Errorf("%s where one event belongs: %v", raw, err)
		}
		if _, err := Parse([]byte(raw), call("")); err != nil {
			t.Errorf("%s where a batch belongs: %v", raw, err)
		}
	}
}

func TestContextOfTheBatchLiesBelow(t *testing.T) {
	b := parsed(t, "", `{"context":{"library":{"name":"go"},"ip":"1","groupId":"g0"},"batch":[
		{"type":"track","messageId":"m1","userId":"u1","event":"X"},
		{"type":"track","messageId":"m2","userId":"u1","event":"X","context":{"ip":"2","groupId":"g1"}},
		{"type":"track","messageId":"m3","userId":"u1","event":"X","context":{ }}]}`)
	for i, want := range []string{
		`{"library":{"name":"go"},"ip":"1","groupId":"g0"}`, `{"ip":"2","groupId":"g1","library":{"name":"go"}}`, `{"library":{"name":"go"},"ip":"1","groupId":"g0"}`,
	} {
		if got := string(b.Batch.Events[i].Context); got != want {
			t.Errorf("event %d: %s", i, got)
		}
		if got, want := b.Batch.Events[i].Account, []farol.AccountID{"g0", "g1", "g0"}[i]; got != want {
			t.Errorf("event %d: account %q", i, got)
		}
	}
}

func TestSentAtOfEveryPlace(t *testing.T) {
	const event = `{"type":"track","messageId":"m1","userId":"u1","event":"X","timestamp":"2026-02-03T13:00:00Z"`
	header := call("")
	header.SentAt = "2026-02-03T14:00:00Z"
	for name, c := range map[string]struct {
		raw  string
		call Call
	}{
		"top":    {`{"batch":[` + event + `}],"sentAt":"2026-02-03T14:00:00Z"}`, call("")},
		"event":  {`{"batch":[` + event + `,"sentAt":"2026-02-03T14:00:00Z"}]}`, call("")},
		"single": {event + `,"sentAt":"2026-02-03T14:00:00Z"}`, call(farol.Track)},
		"header": {`{"batch":[` + event + `}]}`, header},
	} {
		b, err := Parse([]byte(c.raw), c.call)
		if err != nil || len(b.Batch.Events) != 1 || !b.Batch.Events[0].At.Equal(received.Add(-time.Hour)) {
			t.Errorf("%s: %v %+v", name, err, b)
		}
	}
}

func TestKeyOfTheBody(t *testing.T) {
	const e = `"type":"track","userId":"u1","event":"X"`
	for _, c := range []struct{ raw, want string }{
		{`{"writeKey":"k1","batch":[{` + e + `,"writeKey":"k2"}]}`, "k1"},
		{`{"batch":[{` + e + `},{` + e + `,"writeKey":"k2"}]}`, "k2"},
		{`{` + e + `,"writeKey":"k3"}`, "k3"},
		{`{"writeKey":"***","batch":[{` + e + `}]}`, ""},
		{`{"writeKey":["k"],"batch":[{` + e + `}]}`, ""},
		{`{"batch":[{` + e + `}]}`, ""},
	} {
		if got := parsed(t, "", c.raw).Key; got != c.want {
			t.Errorf("%s: %q", c.raw, got)
		}
	}
}

// TestBatchingDoesNotMatter cuts the same events into other batches, in
// another order, and wants the same events.
func TestBatchingDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for i := range 300 {
		texts = append(texts, someEvent(r, i))
	}
	want := eventsOf(t, texts, len(texts))
	for range 20 {
		r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		if got := eventsOf(t, texts, 1+r.IntN(50)); !reflect.DeepEqual(got, want) {
			t.Fatal("other batches made other events")
		}
	}
}

func someEvent(r *rand.Rand, i int) string {
	kind := farol.Kinds[r.IntN(len(farol.Kinds))]
	props := map[string]any{"n": r.IntN(9), "text": strings.Repeat("é\x00", r.IntN(3)), "list": []int{1, 2}}
	e := map[string]any{
		"type": kind, "messageId": fmt.Sprint("m", i), "userId": fmt.Sprint("u", r.IntN(5)), "event": "E" + fmt.Sprint(r.IntN(4)),
		"groupId": fmt.Sprint("g", r.IntN(3)), "previousId": "p", "properties": props, "traits": props,
		"timestamp": received.Add(-time.Duration(r.IntN(1e6)) * time.Second), "context": map[string]any{"ip": "::1", "traits": props},
	}
	if r.IntN(5) == 0 {
		delete(e, "userId") // rejected, mostly
	}
	b, _ := json.Marshal(e)
	return string(b)
}

// eventsOf parses the texts in batches of n and gives what came of each, by
// its id.
func eventsOf(t *testing.T, texts []string, n int) map[string]any {
	t.Helper()
	out := map[string]any{}
	for len(texts) > 0 {
		n = min(n, len(texts))
		b := parsed(t, "", `{"batch":[`+strings.Join(texts[:n], ",")+`],"sentAt":"2026-02-03T12:00:00Z"}`)
		for _, e := range b.Batch.Events {
			out[e.ID] = e
		}
		for _, r := range b.Batch.Rejected {
			out[r.ID] = r
		}
		texts = texts[n:]
	}
	return out
}

// FuzzParse: no body crashes the parser, and what comes through can be kept
// by any engine.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 20 {
		f.Add([]byte(`{"batch":[`+someEvent(r, i)+`],"context":{"a":1},"sentAt":"2026-02-03T12:00:00Z"}`), false)
		f.Add([]byte(someEvent(r, i)), true)
	}
	f.Add([]byte(`{"batch":[{"type":"page","category":"\u0000","properties":{"name":"\ud800"}}],"context":{"\u0000":1}}`), false)
	f.Fuzz(func(t *testing.T, raw []byte, single bool) {
		c := call("")
		if single {
			c.Kind = farol.Page
		}
		b, err := Parse(raw, c)
		if err != nil {
			var no *refusal
			if !errors.As(err, &no) || no.status != http.StatusBadRequest && no.status != http.StatusRequestEntityTooLarge {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if len(b.Where) != len(b.Batch.Rejected) {
			t.Fatal("places and rejections differ in number")
		}
		for i := range b.Batch.Events {
			e := &b.Batch.Events[i]
			if e.ID == "" || e.Kind == "" || e.At.Before(earliest) {
				t.Fatalf("incomplete: %+v", e)
			}
			for _, s := range []string{e.ID, e.Name, string(e.User), string(e.Anonymous), string(e.Account), e.PreviousID} {
				if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
					t.Fatalf("unclean text %q", s)
				}
			}
			for _, o := range []json.RawMessage{e.Properties, e.Context} {
				if o != nil && (o[0] != '{' || !json.Valid(o) || !utf8.Valid(o)) {
					t.Fatalf("unclean object %q", o)
				}
			}
		}
		for _, x := range b.Batch.Rejected {
			if x.Reason == "" || !utf8.ValidString(x.Body) || strings.Contains(x.Body, "\x00") {
				t.Fatalf("unclean rejection %+v", x)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	body := benchBody(100)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := Parse(body, Call{Received: received, Limits: Limits{}})
		if err != nil || len(got.Batch.Events) != 100 {
			b.Fatal(err, len(got.Batch.Events))
		}
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "events/s")
}

// benchBody is a batch as @segment/analytics-node sends it.
func benchBody(n int) []byte {
	var s strings.Builder
	s.WriteString(`{"batch":[`)
	for i := range n {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"messageId":"node-next-1769900000-%036d","userId":"user-%d","timestamp":"2026-02-03T11:00:%02d.123Z","type":"track","event":"Report Viewed","properties":{"report":"weekly","rows":%d,"plan":"pro","filters":["a","b"]},"context":{"groupId":"acct-%d","library":{"name":"@segment/analytics-node","version":"3.1.0"}},"integrations":{},"_metadata":{"nodeVersion":"20.20.2","jsRuntime":"node"}}`,
			i, i%37, i%60, i, i%7)
	}
	s.WriteString(`],"writeKey":"k","sentAt":"2026-02-03T12:00:00.000Z"}`)
	return []byte(s.String())
}
