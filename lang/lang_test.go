package lang

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

var (
	en = For(English)
	pt = For(Portuguese)
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{en.Number(1234567.5, 1), "1,234,567.5"},
		{pt.Number(1234567.5, 1), "1.234.567,5"},
		{pt.Number(-1234, 0), "−1.234"},
		{pt.Number(-0.04, 1), "0,0"},
		{en.Number(999, 0), "999"},
		{en.Number(2.5, 0), "2"}, // half to even
		{en.Number(math.NaN(), 2), None},
		{en.Percent(0.0523), "5.2%"},
		{pt.Percent(0.0523), "5,2%"},
		{pt.Percent(math.Inf(1)), None},
		{pt.Money(farol.Money{Minor: 123456, Currency: "BRL"}), "R$\u00a01.234,56"},
		{en.Money(farol.Money{Minor: 123456, Currency: "BRL"}), "R$1,234.56"},
		{en.Money(farol.Money{Minor: -500, Currency: "USD"}), "−$5.00"},
		{pt.Money(farol.Money{Minor: -500, Currency: "USD"}), "−US$\u00a05,00"},
		{en.Money(farol.Money{Minor: 1500, Currency: "JPY"}), "¥1,500"},
		{en.Money(farol.Money{Minor: 1500, Currency: "CHF"}), "CHF\u00a015.00"},
		{pt.Money(farol.Money{Minor: math.MaxInt64, Currency: "BRL"}), "R$\u00a092.233.720.368.547.758,07"},
		{pt.Amount(1234.5, "BRL", 0), "R$\u00a01.234"},
		{pt.Amount(1234.5, "BRL", -1), "R$\u00a01.234,50"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	d := farol.Date(2026, 3, 1)
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 2, 5, 9, 0, time.UTC) // still February in São Paulo
	month := farol.Period{From: d, To: farol.Date(2026, 4, 1)}
	for _, c := range []struct {
		got, want string
	}{
		{en.Date(d), "Mar 1, 2026"},
		{pt.Date(d), "01/03/2026"},
		{en.ShortDate(d), "Mar 1"},
		{pt.ShortDate(d), "01/03"},
		{en.DateTime(at, zone), "Feb 28, 2026, 23:05"},
		{pt.DateTime(at, zone), "28/02/2026 23:05"},
		{pt.DateTime(time.Time{}, zone), None},
		{pt.Clock(at, zone), "23:05:09"},
		{en.Period(month, farol.Monthly), "Mar 2026"},
		{pt.Period(month, farol.Monthly), "mar/2026"},
		{en.Tick(month, farol.Monthly), "Mar 2026"},
		{pt.Tick(month, farol.Monthly), "mar/26"},
		{en.Period(farol.Period{From: d, To: d + 1}, farol.Daily), "Mar 1, 2026"},
		{en.Period(farol.Period{From: d + 1, To: d + 8}, farol.Weekly), "Mar 2–8, 2026"},
		{pt.Period(farol.Period{From: d + 1, To: d + 8}, farol.Weekly), "02–08/03/2026"},
		{en.Period(farol.Period{From: d - 3, To: d + 4}, farol.Weekly), "Feb 26 – Mar 4, 2026"},
		{pt.Period(farol.Period{From: d - 3, To: d + 4}, farol.Weekly), "26/02 – 04/03/2026"},
		{en.Range(farol.Period{From: farol.Date(2025, 12, 29), To: farol.Date(2026, 1, 5)}), "Dec 29, 2025 – Jan 4, 2026"},
		{pt.Tick(farol.Period{From: d, To: d + 7}, farol.Weekly), "01/03"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestMatch(t *testing.T) {
	for accept, want := range map[string]Code{
		"":                          English,
		"pt-BR,pt;q=0.9,en;q=0.8":   Portuguese,
		"pt-PT":                     Portuguese,
		"en-GB,en;q=0.9,pt;q=0.1":   English,
		"de":                        English,
		"nonsense;;;q=x":            English,
		"fr;q=1, pt;q=0.5, en;q=.4": Portuguese,
	} {
		if got := Match(accept); got != want {
			t.Errorf("Match(%q) = %s, want %s", accept, got, want)
		}
	}
}

func TestSentences(t *testing.T) {
	if got := pt.T("Sign in"); got != "Entrar" {
		t.Errorf("T: %q", got)
	}
	if got := pt.T("nobody ever says this: %d", 1200); got != "nobody ever says this: 1.200" {
		t.Errorf("T without a translation: %q", got)
	}
	if got := pt.N(1, "%d hour ago", "%d hours ago"); got != "há 1 hora" {
		t.Errorf("N of one: %q", got)
	}
	if got := pt.N(2000, "%d hour ago", "%d hours ago"); got != "há 2.000 horas" {
		t.Errorf("N of many: %q", got)
	}
	if got := For("xx").Code(); got != English {
		t.Errorf("an unknown language is %s", got)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		time.Second: "just now", 30 * time.Second: "30 seconds ago", time.Minute: "1 minute ago", 47 * time.Hour: "47 hours ago", 72 * time.Hour: "3 days ago",
	} {
		if got := en.Ago(now.Add(-ago), now); got != want {
			t.Errorf("Ago(%s) = %q, want %q", ago, got, want)
		}
	}
	if got := en.Ago(time.Time{}, now); got != "never" {
		t.Errorf("Ago(zero) = %q", got)
	}
}

func TestErrors(t *testing.T) {
	visible := fmt.Errorf("wrapped: %w", farol.InvalidField("until", "the period ends before it begins"))
	if got := pt.Error(visible); got != "o período termina antes de começar" {
		t.Errorf("a visible error: %q", got)
	}
	for _, err := range []error{errors.New("disk on fire"), farol.Errorf(farol.Internal, "disk on fire")} {
		if got := en.Error(err); got != "Something went wrong on our side." {
			t.Errorf("an internal error shows %q", got)
		}
	}
	if got := pt.Error(nil); got != "" {
		t.Errorf("no error: %q", got)
	}
}

// A reason that was written in English long ago is still read in Portuguese.
func TestSentence(t *testing.T) {
	p := &Printer{code: Portuguese, words: map[string]string{
		"must be a number, not %q": "precisa ser um número, não %q",
		"must be %s":               "precisa ser %s",
		"text":                     "texto",
	}}
	p.patterns = p.compile
	for in, want := range map[string]string{
		`must be a number, not "abc"`: `precisa ser um número, não "abc"`,
		"must be text":                "precisa ser texto",
		"text":                        "texto",
		"something else":              "something else",
	} {
		if got := p.Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
	if got := en.Sentence("must be text"); got != "must be text" {
		t.Errorf("English changed to %q", got)
	}
}

// The reasons of the facts' floor come out whole.
func TestReasonsOfRejection(t *testing.T) {
	for in, want := range map[string]string{
		"must be of type number, zero or more":       "precisa ser do tipo número, zero ou mais",
		"must be of type time (ISO 8601)":            "precisa ser do tipo data e hora (ISO 8601)",
		"must be one of: nps, csat, ces":             "precisa ser um destes: nps, csat, ces",
		"is required":                                "é obrigatório",
		`there is no metric "x%d"`:                   `não há métrica "x%d"`,
		"must be on the scale of [0 10]":             "precisa estar na escala de [0 10]",
		"too many attempts; try again in 12 minutes": "tentativas demais; tente de novo em 12 minutos",
	} {
		if got := pt.Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
