package facts

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A token is a piece of SQL. Joined in order, the texts of all tokens are the
// SQL again.
type token struct {
	kind tokenKind
	text string
}

type tokenKind int

const (
	space   tokenKind = iota // white space and comments
	word                     // identifier or keyword
	quoted                   // "identifier"
	literal                  // 'text'
	number                   // 12, 1.5e3
	param                    // {name:Type}
	symbol                   // anything else, one character (two for :: and the like)
)

// tokens cuts SQL up. It fails on what is not closed.
func tokens(s string) ([]token, error) {
	var out []token
	for s != "" {
		kind, n, err := nextToken(s)
		if err != nil {
			return nil, err
		}
		out = append(out, token{kind, s[:n]})
		s = s[n:]
	}
	return out, nil
}

func nextToken(s string) (tokenKind, int, error) {
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return space, len(s) - len(strings.TrimLeft(s, " \t\r\n")), nil
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return space, i + 1, nil
		}
		return space, len(s), nil
	case strings.HasPrefix(s, "/*"):
		n, err := closing(s, "*/", 2)
		return space, n, err
	case c == '\'' || c == '"':
		n, err := quote(s, c)
		if c == '"' {
			return quoted, n, err
		}
		return literal, n, err
	case c == '{':
		n, err := closing(s, "}", 1)
		return param, n, err
	case letter(c):
		return word, run(s, func(c byte) bool { return letter(c) || digit(c) || c == '$' }), nil
	case digit(c):
		return number, numeral(s), nil
	}
	_, n := utf8.DecodeRuneInString(s)
	return symbol, n, nil
}

func closing(s, end string, from int) (int, error) {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end), nil
	}
	return 0, fmt.Errorf("not closed: %.20s", s)
}

// quote measures a quoted text; a doubled quote stands for itself.
func quote(s string, q byte) (int, error) {
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1, nil
	}
	return 0, fmt.Errorf("not closed: %.20s", s)
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func run(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

// numeral measures 12, 1.5 and 1e-3.
func numeral(s string) int {
	n := run(s, func(c byte) bool { return digit(c) || letter(c) || c == '.' })
	if n < len(s) && (s[n] == '-' || s[n] == '+') && (s[n-1] == 'e' || s[n-1] == 'E') {
		n += 1 + run(s[n+1:], digit)
	}
	return n
}

// paramParts reads {name:Type}.
func paramParts(text string) (name, typ string, err error) {
	name, typ, ok := strings.Cut(text[1:len(text)-1], ":")
	name, typ = strings.TrimSpace(name), strings.TrimSpace(typ)
	if !ok || name == "" || run(name, func(c byte) bool { return letter(c) && c < utf8.RuneSelf || digit(c) }) != len(name) || digit(name[0]) {
		return "", "", fmt.Errorf("a parameter is written {name:Type}, not %s", text)
	}
	if paramTypes[typ] == "" {
		return "", "", fmt.Errorf("parameter %s has an unknown type %q", name, typ)
	}
	return name, typ, nil
}

// eachParam replaces every {name:Type} in SQL by what f says.
func eachParam(s string, f func(name, typ string) (string, error)) (string, error) {
	toks, err := tokens(s)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, t := range toks {
		if t.kind == param {
			name, typ, err := paramParts(t.text)
			if err == nil {
				t.text, err = f(name, typ)
			}
			if err != nil {
				return "", err
			}
		}
		b.WriteString(t.text)
	}
	return b.String(), nil
}
