// Package sight is what somebody may see: which accounts, and which fields of
// them. It travels in the context of a request, so that every read below the
// pages and the API applies it without being told: the directory of accounts,
// the doors to the facts, the log of events, and the notes, tasks and messages
// of the store. A context without a sight sees everything: that of background
// work and of the command line.
//
// What a new page or operation has to do:
//
//   - pass on the context of its request, and nothing else, to what it reads;
//   - where an address or a form names an account, or a thing of an account,
//     look it up first (customer.Directory.Account, store.Note, store.Task ...),
//     which answers NotFound for what is out of sight;
//   - where it reads rows that belong to accounts from a place that does not
//     look at the context, keep those that Of(ctx).Account allows;
//   - where it names a field, an attribute or a metric by itself, ask
//     Of(ctx).Hides first.
//
// The walk in web/walk_test.go and that in api/walk_test.go fail when one
// shows what it may not.
package sight

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// Money is the hidden field that stands for all amounts: the metrics that have
// them, the attributes and properties that are named like them, and what is
// paid for.
const Money = "money"

// Sight is what somebody may see. nil sees everything; so do its methods. It
// never changes once made.
type Sight struct {
	accounts map[farol.AccountID]bool // nil: all
	list     []string                 // their ids, sorted
	hidden   map[string]bool
	key      string
}

// New makes a sight of these accounts (nil: of all) without the hidden fields:
// "money", "attribute.NAME", "metric.NAME" and "segment.NAME". It is nil where nothing is out
// of sight.
func New(accounts map[farol.AccountID]bool, hidden []string) *Sight {
	if accounts == nil && len(hidden) == 0 {
		return nil
	}
	s := &Sight{accounts: accounts, hidden: map[string]bool{}}
	for _, h := range hidden {
		s.hidden[h] = true
	}
	if accounts != nil {
		s.list = []string{} // who sees no account is not who sees all
	}
	for id := range accounts {
		s.list = append(s.list, string(id))
	}
	slices.Sort(s.list)
	hidden = slices.Clone(hidden)
	slices.Sort(hidden)
	sum := sha256.Sum256([]byte(strings.Join(s.list, "\x00") + "\x01" + strings.Join(hidden, "\x00")))
	s.key = hex.EncodeToString(sum[:])
	if accounts == nil {
		s.key = "all " + s.key
	}
	return s
}

// Limited tells whether only some accounts are in sight.
func (s *Sight) Limited() bool { return s != nil && s.accounts != nil }

// Account tells whether the account is in sight.
func (s *Sight) Account(id farol.AccountID) bool { return !s.Limited() || s.accounts[id] }

// Check is nil for an account in sight, else the error of an account that does
// not exist: whether it does is not told either.
func (s *Sight) Check(id farol.AccountID) error {
	if s.Account(id) {
		return nil
	}
	return farol.Errorf(farol.NotFound, "there is no such account")
}

// Whole is nil for who sees all accounts; else it is Forbidden, for what can
// only be told of the whole base.
func (s *Sight) Whole() error {
	if !s.Limited() {
		return nil
	}
	return farol.Errorf(farol.Forbidden, "This is told of all customers together, and you see some of them only.")
}

// All is nil for who sees all accounts with all their fields; else it is
// Forbidden, for what cannot be cut: raw texts of senders, and what is complete
// or nothing.
func (s *Sight) All() error {
	switch {
	case s == nil:
		return nil
	case s.Limited():
		return s.Whole()
	}
	return ErrHidden()
}

// Accounts lists the ids in sight, sorted; it is for who is Limited. The list
// must not be changed.
func (s *Sight) Accounts() []string {
	if s == nil {
		return nil
	}
	return s.list
}

// Hides tells whether a field is hidden: "money", "attribute.NAME",
// "metric.NAME" or "segment.NAME". Attributes that are named like amounts go with the money.
func (s *Sight) Hides(field string) bool {
	if s == nil || len(s.hidden) == 0 {
		return false
	}
	if s.hidden[field] {
		return true
	}
	name, is := strings.CutPrefix(field, "attribute.")
	return is && s.hidden[Money] && amount(name)
}

// Shows is nil for a field that may be seen, else Forbidden.
func (s *Sight) Shows(field string) error {
	if !s.Hides(field) {
		return nil
	}
	return ErrHidden()
}

// ErrHidden is the Forbidden error for what is hidden.
func ErrHidden() error {
	return farol.Errorf(farol.Forbidden, "This field is hidden from you.")
}

// HidesSome tells whether any field is hidden.
func (s *Sight) HidesSome() bool { return s != nil && len(s.hidden) > 0 }

// Key tells two sights apart, for caches; "" is everything.
func (s *Sight) Key() string {
	if s == nil {
		return ""
	}
	return s.key
}

// amountWords are the words by which a name speaks of money.
var amountWords = []string{
	"mrr", "arr", "acv", "tcv", "ltv", "clv", "amount", "price", "revenue", "billing", "discount", "cost", "spend", "invoice", "payment", "money",
	"valor", "preco", "preço", "receita", "faturamento", "desconto", "custo", "fatura", "mensalidade", "ticket_medio",
}

// taxWords do so too, but not in the name of a number that an authority gives
// (tax_id, vatNumber).
var (
	taxWords    = []string{"tax", "taxe", "vat", "imposto"}
	numberWords = []string{"id", "number", "code", "numero", "número"}
)

// amount tells whether a name speaks of money: one of its words does, however
// they are put together (contract_value is not, annualRevenue is).
func amount(name string) bool {
	words := strings.FieldsFunc(split(name), func(r rune) bool { return strings.ContainsRune("_-. $", r) })
	speaks := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, strings.TrimSuffix(w, "s")) })
	}
	return speaks(amountWords) || speaks(taxWords) && !speaks(numberWords) || slices.Contains(amountWords, strings.ToLower(name))
}

// split writes annualRevenue as annual_revenue.
func split(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if upper && lower {
			b.WriteByte('_')
		}
		lower = !upper
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

type contextKey struct{}

// With is the context of somebody with that sight.
func With(ctx context.Context, s *Sight) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// Of is the sight of the context; nil sees everything.
func Of(ctx context.Context) *Sight {
	s, _ := ctx.Value(contextKey{}).(*Sight)
	return s
}

// Everything is the context without its sight, for what has to be worked out
// of the whole base before it is cut to what may be seen. Whoever calls it
// answers for the cut.
func Everything(ctx context.Context) context.Context {
	if Of(ctx) == nil {
		return ctx
	}
	return With(ctx, nil)
}
