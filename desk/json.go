package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// maxDepth bounds how deep a body may nest.
const maxDepth = 40

// node is a value of a JSON document; a node of nothing is absent.
type node struct{ v any }

// parse reads a body: JSON, or a form where the bytes say so. Numbers keep
// their digits.
func parse(body []byte) (node, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) > 0 && body[0] != '{' && body[0] != '[' {
		if n, ok := parseForm(string(body)); ok {
			return n, nil
		}
	}
	if depth(body) > maxDepth {
		return node{}, farol.InvalidField("body", "is nested too deeply")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		var at *json.SyntaxError
		if errors.As(err, &at) {
			return node{}, farol.InvalidField("body", "is not JSON at byte %d", int(at.Offset))
		}
		return node{}, farol.InvalidField("body", "is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return node{}, farol.InvalidField("body", "has something after the JSON")
	}
	if _, ok := v.(map[string]any); !ok {
		return node{}, farol.InvalidField("body", "must be a JSON object")
	}
	return node{v}, nil
}

// depth is how deep brackets nest, strings aside.
func depth(body []byte) int {
	deep, most, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			deep++
			most = max(most, deep)
		case c == '}' || c == ']':
			deep--
		}
	}
	return most
}

// parseForm reads key=value pairs, or a form with the JSON in one field.
func parseForm(s string) (node, bool) {
	q, err := url.ParseQuery(s)
	if err != nil || !strings.Contains(s, "=") {
		return node{}, false
	}
	if p := q.Get("payload"); strings.HasPrefix(strings.TrimSpace(p), "{") {
		n, err := parse([]byte(p))
		return n, err == nil
	}
	m := map[string]any{}
	for k, v := range q {
		if k != "" && len(v) > 0 {
			m[k] = v[0]
		}
	}
	return node{m}, len(m) > 0
}

// at follows names into objects; a whole number names a place in a list.
func (n node) at(path ...string) node {
	for _, name := range path {
		switch v := n.v.(type) {
		case map[string]any:
			n = node{v[name]}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return node{}
			}
			n = node{v[i]}
		default:
			return node{}
		}
	}
	return n
}

// first is the first of the names that has a value.
func (n node) first(names ...string) node {
	for _, name := range names {
		if x := n.at(strings.Split(name, ".")...); x.text() != "" {
			return x
		}
	}
	return node{}
}

func (n node) absent() bool { return n.v == nil }

// text is a text, number or truth value as text; "" for anything else.
func (n node) text() string {
	switch v := n.v.(type) {
	case string:
		return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD"))
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// number is a number, also one written as text.
func (n node) number() (float64, bool) {
	f, err := strconv.ParseFloat(n.text(), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// texts is a list of texts, of objects with a name, or one text parted by
// commas.
func (n node) texts() []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" && len(out) < 100 {
			out = append(out, s)
		}
	}
	switch v := n.v.(type) {
	case []any:
		for _, x := range v {
			if s := (node{x}).text(); s != "" {
				add(s)
			} else {
				add(node{x}.first("name", "title").text())
			}
		}
	case string:
		for _, s := range strings.Split(v, ",") {
			add(s)
		}
	}
	return out
}

// timeForms are how vendors write instants; those without a zone are UTC.
var timeForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02T15:04Z07:00", "02/01/2006 15:04:05", "Mon, 02 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2006-01-02",
}

// instant reads a time in any of the forms, or seconds or milliseconds since
// 1970; zero when it is none, or not of this century or so.
func (n node) instant() time.Time {
	s := n.text()
	if s == "" {
		return time.Time{}
	}
	if f, ok := n.number(); ok {
		if f > 1e11 {
			f /= 1000
		}
		return sane(time.UnixMilli(int64(min(max(f, 0), 1e11) * 1000)).UTC())
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return sane(t.UTC().Truncate(time.Millisecond))
		}
	}
	return time.Time{}
}

func sane(t time.Time) time.Time {
	if t.Year() < 1990 || t.Year() > 2140 {
		return time.Time{}
	}
	return t
}

// word is a text in a form that can be looked up.
func word(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), " ")
}

// need is the error of a field that must be there.
func need(field string) error { return farol.InvalidField(field, "is required") }
