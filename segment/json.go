package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/farol-cs/farol"
)

// maxBody bounds the JSON and the text of a rule.
const maxBody = 64 << 10

// ParseJSON reads a rule, refusing fields that it does not know, and checks
// it. Errors are Invalid: the field is the place in the rule, or "rule" with
// the byte where reading failed.
func ParseJSON(raw []byte) (Rule, error) {
	if len(raw) > maxBody {
		return Rule{}, wrong("", "is longer than %d bytes", maxBody)
	}
	if err := shallow(raw); err != nil {
		return Rule{}, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var r Rule
	if err := d.Decode(&r); err != nil {
		return Rule{}, unreadable(err, d.InputOffset())
	}
	if d.More() {
		return Rule{}, wrong("", "something follows after byte %d", d.InputOffset())
	}
	return r, r.Check()
}

// shallow refuses nesting that no rule has, before anything recurses.
func shallow(raw []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > 4*maxDepth+8 {
				return wrong("", "is nested more than %d deep", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func unreadable(err error, offset int64) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return wrong(kind.Field, "must be of type %s (byte %d)", kind.Type.String(), kind.Offset)
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return farol.InvalidField(strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`), "is not known here (byte %d)", offset)
	}
	return wrong("", "is not JSON: see byte %d", offset)
}
