package farol

import (
	"errors"
	"fmt"
)

// ErrorKind says what a caller can do about an error.
type ErrorKind string

// The kinds. Anything that is not an *Error is Internal: it is logged, and
// shown to nobody.
const (
	// Invalid: the input is wrong; Field names where.
	Invalid ErrorKind = "invalid"
	// NotFound: there is no such thing, or the caller may not know of it.
	NotFound ErrorKind = "not_found"
	// Conflict: it is already there, or somebody else changed it meanwhile.
	Conflict ErrorKind = "conflict"
	// Unauthorized: the caller has not said who it is.
	Unauthorized ErrorKind = "unauthorized"
	// Forbidden: the caller may not.
	Forbidden ErrorKind = "forbidden"
	// Busy: too much at once; try again later.
	Busy ErrorKind = "busy"
	// Internal: our fault.
	Internal ErrorKind = "internal"
)

// Error is an error that a person may see. Text is an English sentence that
// is also the key of its translation; Args fill its verbs.
type Error struct {
	Kind ErrorKind
	// Field is the input's name ("from", "properties.mrr"), or empty.
	Field string
	Text  string
	Args  []any
}

// Error is the English text, with the field before it when there is one.
func (e *Error) Error() string {
	s := fmt.Sprintf(e.Text, e.Args...)
	if e.Field != "" {
		return e.Field + ": " + s
	}
	return s
}

// Errorf makes an *Error without a field.
func Errorf(k ErrorKind, text string, args ...any) *Error {
	return &Error{Kind: k, Text: text, Args: args}
}

// InvalidField makes an Invalid error that names the field.
func InvalidField(field, text string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Text: text, Args: args}
}

// KindOf is the error's kind; Internal when it is not an *Error, "" for nil.
func KindOf(err error) ErrorKind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
