package web

import (
	"errors"
	"net/http"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// maxForm bounds what a form may send: the largest holds lists of ids.
const maxForm = 1 << 20

// formTime is how long a form may take to arrive.
const formTime = 30 * time.Second

// form parses the posted form, bounded.
func (v *visit) form() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	// A connection that cannot have a deadline (a recorder in a test) has no
	// slow sender either; and what is read later is not the form's.
	conn := http.NewResponseController(v.w)
	_ = conn.SetReadDeadline(time.Now().Add(formTime))
	err := v.r.ParseForm()
	_ = conn.SetReadDeadline(time.Time{})
	if err != nil {
		return farol.Errorf(farol.Invalid, "The form could not be read.")
	}
	return nil
}

// fieldOf is the input that an error names, "" when it names none.
func fieldOf(err error) string {
	var e *farol.Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// inField is an error under another field: that of the input.
func inField(field string, err error) error {
	var e *farol.Error
	if errors.As(err, &e) {
		return farol.InvalidField(field, e.Text, e.Args...)
	}
	return err
}

// refusal is what a form says about the field that was wrong.
type refusal struct{ Field, Wrong string }

// shown is the refusal at another input, where it names the first.
func (r refusal) shown(field, at string) refusal {
	if r.Field == field {
		r.Field = at
	}
	return r
}

// Error is what is wrong with the field, "" for nothing.
func (r refusal) Error(field string) string {
	if r.Field == field {
		return r.Wrong
	}
	return ""
}

// refuse tells whether the error is one that the visitor can mend in the
// form, and makes it so.
func (v *visit) refuse(err error) (refusal, bool) {
	switch farol.KindOf(err) {
	case farol.Invalid, farol.Conflict, farol.Unauthorized, farol.Busy:
		return refusal{fieldOf(err), v.wrong(err)}, true
	}
	return refusal{}, false
}

// wrong is what a person may read of the error, as a sentence: the floors
// below write it to follow the name of a field.
func (v *visit) wrong(err error) string {
	text := v.p.Error(err)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
