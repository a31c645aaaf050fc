package customer

import (
	"context"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Field is a field of the team's own for accounts or people. Its values are
// attributes like those that senders give, so columns, filters, breakdowns and
// segments know them by the field's name.
type Field struct {
	// Subject is "account" or "person".
	Subject string `json:"subject"`
	// Name is that of the attribute.
	Name string `json:"name"`
	// Title is what people read.
	Title string `json:"title"`
	// Type is one of FieldTypes.
	Type string `json:"type"`
	// Choices are the values of a choice.
	Choices []string `json:"choices,omitempty"`
	// Help says what belongs in it.
	Help string `json:"help,omitempty"`
	// Retired fields keep their values and are no longer asked for.
	Retired bool `json:"retired,omitempty"`
	// Version counts the definition's changes.
	Version int `json:"-"`
}

// FieldTypes are the types of fields. money is an amount of the company's
// currency in major units.
var FieldTypes = []string{"text", "number", "money", "date", "choice", "yes_no"}

// FieldKind is the kind of the definitions that hold fields.
const FieldKind = "field"

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// reserved are attributes that mean something of their own.
var reserved = []string{"name", "email", "test", "internal", "staff", "bot", "created_at", "customer_since", "parent", "consent", "company"}

// Check tells what is wrong with the definition: nil, or an Invalid error
// naming the field.
func (f *Field) Check() error {
	f.Title, f.Help = strings.TrimSpace(f.Title), strings.TrimSpace(f.Help)
	switch {
	case f.Subject != "account" && f.Subject != "person":
		return farol.InvalidField("subject", "must be one of: %s", "account, person")
	case !fieldName.MatchString(f.Name):
		return farol.InvalidField("name", "must begin with a letter and have small letters, digits and underscores only")
	case slices.Contains(reserved, f.Name):
		return farol.InvalidField("name", "is an attribute with a meaning of its own")
	case f.Title == "" || utf8.RuneCountInString(f.Title) > 80:
		return farol.InvalidField("title", "must have 1 to %d characters", 80)
	case utf8.RuneCountInString(f.Help) > 300:
		return farol.InvalidField("help", "must have at most %d characters", 300)
	case !slices.Contains(FieldTypes, f.Type):
		return farol.InvalidField("type", "must be one of: %s", strings.Join(FieldTypes, ", "))
	case f.Type != "choice":
		f.Choices = nil
		return nil
	}
	return f.checkChoices()
}

func (f *Field) checkChoices() error {
	var out []string
	for _, c := range f.Choices {
		if c = strings.TrimSpace(c); c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
		if utf8.RuneCountInString(c) > 80 {
			return farol.InvalidField("choices", "must have at most %d characters", 80)
		}
	}
	if f.Choices = out; len(out) < 2 || len(out) > 100 {
		return farol.InvalidField("choices", "must be 2 to %d values", 100)
	}
	return nil
}

// Value reads what was typed into the field: the type and text under which
// the attribute keeps it. "" takes the value away. Errors are Invalid with the
// field's name.
func (f *Field) Value(typed string) (kind, text string, err error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "null", "", nil
	}
	switch f.Type {
	case "number", "money":
		x, err := strconv.ParseFloat(typed, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e15 {
			return "", "", farol.InvalidField(f.Name, "must be a number such as 1234.50")
		}
		if f.Type == "money" && math.Abs(x*100-math.Round(x*100)) > 1e-6 {
			return "", "", farol.InvalidField(f.Name, "must be an amount with two decimals at most")
		}
		return "number", strconv.FormatFloat(x, 'f', -1, 64), nil
	case "date":
		d, err := farol.ParseDay(typed)
		if err != nil {
			return "", "", farol.InvalidField(f.Name, "must be a date, YYYY-MM-DD")
		}
		return "text", d.String(), nil
	case "choice":
		if !slices.Contains(f.Choices, typed) {
			return "", "", farol.InvalidField(f.Name, "must be one of: %s", strings.Join(f.Choices, ", "))
		}
		return "text", typed, nil
	case "yes_no":
		if typed != "true" && typed != "false" {
			return "", "", farol.InvalidField(f.Name, "must be one of: %s", "true, false")
		}
		return "bool", typed, nil
	}
	if utf8.RuneCountInString(typed) > 1000 || !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return "", "", farol.InvalidField(f.Name, "must have at most %d characters", 1000)
	}
	return "text", typed, nil
}

// Fields lists the fields of a subject ("" for both), by title.
func Fields(ctx context.Context, s *store.Store, subject string) ([]Field, error) {
	all, err := s.Definitions(ctx, FieldKind)
	if err != nil {
		return nil, err
	}
	var out []Field
	for _, d := range all {
		var f Field
		if err := json.Unmarshal(d.Body, &f); err != nil {
			return nil, err
		}
		if f.Version = d.Version; subject == "" || f.Subject == subject {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Field) int { return strings.Compare(Fold(a.Title), Fold(b.Title)) })
	return out, nil
}

// SaveField makes a field, or a new version of it. Its type cannot change
// once it is there: values would lose their meaning. Errors are Invalid naming
// the field, and Conflict when somebody changed it meanwhile (base is the
// version seen, nil for any).
func SaveField(ctx context.Context, s *store.Store, f Field, author string, base *int) (Field, error) {
	if err := f.Check(); err != nil {
		return f, err
	}
	have, err := Fields(ctx, s, f.Subject)
	if err != nil {
		return f, err
	}
	for _, x := range have {
		if x.Name == f.Name && x.Type != f.Type {
			return f, farol.InvalidField("type", "cannot change: make another field")
		}
		if x.Name != f.Name && !x.Retired && Fold(x.Title) == Fold(f.Title) {
			return f, farol.InvalidField("title", "is that of another field")
		}
	}
	d, err := s.Define(ctx, store.Draft{Kind: FieldKind, Name: f.Subject + "." + f.Name, Body: f, Author: author, Base: base})
	f.Version = d.Version
	return f, err
}

// FieldOf finds a field that is in use; Invalid when there is none, Forbidden
// when it is hidden from whoever asks.
func FieldOf(ctx context.Context, s *store.Store, subject, name string) (Field, error) {
	all, err := Fields(ctx, s, subject)
	for _, f := range all {
		if f.Name == name && !f.Retired {
			return f, sight.Of(ctx).Shows("attribute." + name)
		}
	}
	if err == nil {
		err = farol.InvalidField(name, "is no field")
	}
	return Field{}, err
}

// SetAccountFields says the values of fields of an account, by name; all or
// none is written.
func SetAccountFields(ctx context.Context, s *store.Store, f *facts.Facts, at time.Time, account farol.AccountID, values map[string]string) error {
	var list []facts.AccountAttribute
	for _, name := range sortedNames(values) {
		field, err := FieldOf(ctx, s, "account", name)
		if err != nil {
			return err
		}
		kind, text, err := field.Value(values[name])
		if err != nil {
			return err
		}
		list = append(list, facts.AccountAttribute{Account: account, Trait: name, Type: kind, Value: text})
	}
	return f.SaveAttributes(ctx, at, list)
}

// SetPersonFields does so of a person.
func SetPersonFields(ctx context.Context, s *store.Store, f *facts.Facts, at time.Time, person farol.PersonID, values map[string]string) error {
	var list []facts.PersonMark
	for _, name := range sortedNames(values) {
		field, err := FieldOf(ctx, s, "person", name)
		if err != nil {
			return err
		}
		kind, text, err := field.Value(values[name])
		if err != nil {
			return err
		}
		list = append(list, facts.PersonMark{Person: person, Trait: name, Type: kind, Value: text})
	}
	return f.SavePersonMarks(ctx, at, list)
}

func sortedNames(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
