package customer

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// Contact is everything known of one person besides the single events.
type Contact struct {
	// ID is the id that stands for the person, IDs all of them, that one first.
	ID  farol.PersonID
	IDs []farol.PersonID
	// Name is "" when none was said.
	Name, Email string
	// Role is one of facts.Roles, "" for none: RoleSaid, which is the team's, or
	// else RoleSent, that of the attribute.
	Role, RoleSaid, RoleSent string
	// Roles are the roles that the team or what was sent gave the person, the
	// newest first.
	Roles    []facts.PersonChange
	Consents []Consent
	// Attributes are what is said of the person, by name.
	Attributes []Attribute
	Accounts   []facts.PersonAccount
	// Joins are those by hand that can be undone.
	Joins []facts.PersonJoin
	// Test tells that no figure counts the person.
	Test bool
}

// Consent is whether the person agreed to a purpose of a channel.
type Consent struct {
	Channel, Purpose string
	// Value is facts.Granted, facts.Denied, or "" when it was taken back.
	Value string
	facts.PersonChange
}

// Attribute is what is said of a person, with how it came to be.
type Attribute struct {
	Name string
	// Value now; History holds every change of it, the newest first.
	Value, Type string
	History     []facts.PersonChange
}

// ReadContact reads a person by any of the ids, as of a day (0: today) and as
// known at an instant (zero: now). Errors are NotFound.
func ReadContact(ctx context.Context, f *facts.Facts, id farol.PersonID, today, asOf farol.Day, known time.Time) (*Contact, error) {
	c := &Contact{}
	var err error
	if c.ID, c.IDs, err = f.PersonIDs(ctx, id, known); err != nil {
		return nil, err
	}
	var changes []facts.PersonChange
	reads, reading := errgroup.WithContext(ctx)
	reads.Go(func() (err error) { changes, err = f.PersonChanges(reading, c.IDs, asOf, known); return err })
	reads.Go(func() (err error) {
		c.Accounts, err = f.PersonAccounts(reading, c.ID, c.IDs, cmp.Or(asOf, today), known)
		return err
	})
	reads.Go(func() (err error) { c.Joins, err = f.PersonJoins(reading, c.IDs); return err })
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	s := sight.Of(ctx)
	c.Accounts = slices.DeleteFunc(c.Accounts, func(a facts.PersonAccount) bool { return !s.Account(a.Account) })
	if s.Limited() && len(c.Accounts) == 0 {
		return nil, farol.Errorf(farol.NotFound, "there is no such person")
	}
	changes = slices.DeleteFunc(changes, func(x facts.PersonChange) bool { return s.Hides("attribute." + x.Trait) })
	if len(changes)+len(c.Accounts) == 0 && len(c.IDs) == 1 {
		ok, err := f.SawPerson(ctx, c.IDs)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, farol.Errorf(farol.NotFound, "there is no such person")
		}
	}
	c.take(changes)
	return c, nil
}

// take sorts what was said.
func (c *Contact) take(changes []facts.PersonChange) {
	at, values, consents := map[string]int{}, map[string]string{}, map[string]bool{}
	for _, x := range changes {
		if _, ok := values[x.Trait]; !ok {
			values[x.Trait] = x.Value
		}
		if what, ok := strings.CutPrefix(x.Trait, facts.ConsentTrait); ok {
			if !consents[what] {
				consents[what] = true
				channel, purpose, _ := strings.Cut(what, ".")
				c.Consents = append(c.Consents, Consent{channel, purpose, x.Value, x})
			}
			continue
		}
		if x.Trait == facts.RoleTrait {
			c.Roles = append(c.Roles, x)
		}
		if role := facts.RoleOf(x.Value); x.Trait == facts.SentRole && role != "" {
			said := x
			said.Value = role
			c.Roles = append(c.Roles, said)
		}
		if strings.HasPrefix(x.Trait, "$") {
			continue
		}
		i, ok := at[x.Trait]
		if !ok {
			i = len(c.Attributes)
			at[x.Trait] = i
			c.Attributes = append(c.Attributes, Attribute{Name: x.Trait, Value: x.Value, Type: x.Type})
		}
		c.Attributes[i].History = append(c.Attributes[i].History, x)
	}
	c.Name, c.Email, c.RoleSent = facts.PersonName(values), values["email"], facts.RoleOf(values[facts.SentRole])
	c.RoleSaid = values[facts.RoleTrait]
	c.Role = cmp.Or(c.RoleSaid, c.RoleSent)
	slices.SortStableFunc(c.Roles, func(a, b facts.PersonChange) int { return b.At.Compare(a.At) })
	c.Test = values["test"] == "true" || values["staff"] == "true" || values["bot"] == "true"
	slices.SortFunc(c.Attributes, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Consents, func(a, b Consent) int {
		return cmp.Or(strings.Compare(a.Channel, b.Channel), strings.Compare(a.Purpose, b.Purpose))
	})
}

// SetRole says what the person is for the team: one of facts.Roles, "" to go by
// what was sent. Errors are Invalid with the field role.
func SetRole(ctx context.Context, f *facts.Facts, at time.Time, id farol.PersonID, role string) error {
	if role != "" && !slices.Contains(facts.Roles, role) {
		return farol.InvalidField("role", "must be one of: %s", strings.Join(facts.Roles, ", "))
	}
	return f.SavePersonMarks(ctx, at, []facts.PersonMark{{Person: id, Trait: facts.RoleTrait, Value: role}})
}

// SetConsent says whether the person agrees. Errors are Invalid with the
// field channel, purpose or value.
func SetConsent(ctx context.Context, f *facts.Facts, at time.Time, id farol.PersonID, channel, purpose, value string) error {
	for _, x := range []struct{ field, text string }{{"channel", channel}, {"purpose", purpose}} {
		if !facts.ConsentWord(x.text) {
			return farol.InvalidField(x.field, "must be small letters, digits, dashes and underscores, at most 40")
		}
	}
	if value != facts.Granted && value != facts.Denied && value != "" {
		return farol.InvalidField("value", "must be one of: %s", "granted, denied")
	}
	return f.SavePersonMarks(ctx, at, []facts.PersonMark{{Person: id, Trait: facts.ConsentTrait + channel + "." + purpose, Value: value}})
}
