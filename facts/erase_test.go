package facts

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// everywhere lists the rows of every table as text.
func everywhere(t *testing.T, f *Facts) (out []string) {
	t.Helper()
	for _, tab := range tables {
		rows, err := f.internal(t.Context(), "SELECT * FROM "+tab.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		cols, _ := rows.Columns()
		values, at := make([]any, len(cols)), make([]any, len(cols))
		for i := range values {
			at[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(at...); err != nil {
				t.Fatal(err)
			}
			out = append(out, tab.name+": "+fmt.Sprint(values...))
		}
		rows.Close()
	}
	return out
}

// After an erasure no row of any table names the person, what others did is
// untouched, what the account pays stays, and the days that lost something are
// touched.
func TestErase(t *testing.T) {
	clock := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for name, f := range someEngines(t, func() time.Time { return clock }) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			n := 0
			send := func(day int, e farol.Event, properties string) {
				t.Helper()
				n++
				e.ID, e.Source, e.At, e.Properties = fmt.Sprint("e", n), "s", time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC), []byte(properties)
				if _, err := f.Append(ctx, Batch{Events: []farol.Event{e}}); err != nil {
					t.Fatal(err)
				}
			}
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			ana := func(day int, event, properties string) {
				send(day, farol.Event{Kind: farol.Track, Name: event, User: "ana-user", Account: "acme"}, properties)
			}
			send(1, farol.Event{Kind: farol.Track, Name: "Used", Anonymous: "ana-browser", Account: "acme"}, "")
			send(2, farol.Event{Kind: farol.Identify, User: "ana-user", Anonymous: "ana-browser"}, `{"email":"Ana@Acme.example","name":"Ana Lima","company":{"id":"acme"}}`)
			ana(3, "Used", `{"x":1}`)
			ana(3, "Ticket Opened", `{"ticket":"t1","subject":"Ana Lima cannot sign in"}`)
			ana(4, "Survey Answered", `{"survey":"q","kind":"nps","score":9,"comment":"good"}`)
			ana(4, "Subscription Started", `{"subscription":"s1","mrr":"100.00","currency":"BRL"}`)
			ana(4, "Invoice Line Billed", `{"subscription":"s2","amount":"7.00","currency":"BRL","period_start":"2026-03-01","period_end":"2026-04-01"}`)
			bia := farol.Event{Kind: farol.Track, User: "bia-user", Account: "acme"}
			bia.Name = "Referral Sent"
			send(5, bia, `{"referral":"r1","invitee_email":"ana@acme.example"}`)
			bia.Name = "Invite Sent"
			send(5, bia, `{"invitee_email":"Ana@Acme.example","invitee_first_name":"Aninha","interactive":false}`)
			send(6, bia, `{"invitee_id":"ana-user","interactive":false}`)
			send(7, bia, `{"invitee_id":4711,"interactive":false}`)
			send(7, bia, `{"invitee_id":"47","interactive":false}`)
			send(8, bia, `{"invitee_email":"maria.ana@acme.example","interactive":false}`)
			bia.Name = "Used"
			send(5, bia, `{"note":"with ana@acme.example and maria.ana@acme.example"}`)
			_, err := f.Append(ctx, Batch{Rejected: []Rejected{{Source: "s", Received: clock, Reason: "x", Body: `{"userId":"ana-user"}`}}})
			check(err)
			send(7, farol.Event{Kind: farol.Alias, User: "ana-user", PreviousID: "4711"}, "")
			check(f.JoinPeople(ctx, "bia-user", "ana-user"))
			joins, err := f.PersonJoins(ctx, []farol.PersonID{"ana-user"})
			check(err)
			check(f.PartPeople(ctx, joins[0].ID))
			check(f.Settle(ctx))
			check(f.UpdateRoster(ctx))
			_, ids, err := f.PersonIDs(ctx, "ana-user", time.Time{})
			check(err)
			if len(ids) != 4 {
				t.Fatalf("ids %v", ids)
			}
			before := f.LastKnown()
			erase := Erase{ID: "x1", People: ids, Texts: []string{"ana@acme.example", "Ana Lima"}}
			f.SetErased([]byte("key"), []string{ErasedHash([]byte("key"), "ana-user"), ErasedHash([]byte("key"), "anon:ana-browser")})
			done, err := f.ErasePerson(ctx, erase)
			check(err)
			again, err := f.ErasePerson(ctx, erase)
			check(err)
			if done.Rows["events"] != 6 || again.Rows["events"] != 6 || done.Rows["journeys"] != 3 || done.First != day("2026-03-01") || done.Last != day("2026-03-07") {
				t.Errorf("erased %+v, again %+v", done, again)
			}
			trace := regexp.MustCompile(`(?i)ana-user|ana-browser|[^.]ana@acme|ana lima|aninha|4711`)
			for _, row := range everywhere(t, f) {
				if trace.MatchString(row) {
					t.Errorf("is still there: %s", row)
				}
			}
			all := strings.Join(everywhere(t, f), "\n")
			for _, want := range []string{"maria.ana@acme.example", "with [erased] and", "Subscription Started", "Invoice Line Billed", "bia-user", `{"invitee_id":"47","interactive":false}`} {
				if !strings.Contains(all, want) {
					t.Errorf("%q is gone, too", want)
				}
			}
			s := Scope{Period: farol.Period{From: day("2026-03-01"), To: day("2026-03-20")}}
			if got := rowsOf(t, f, "SELECT account, person, event, n FROM {{activity}} x", s); len(got) != 1 || !strings.Contains(got[0], "bia-user") {
				t.Errorf("activity %q", got)
			}
			if got := rowsOf(t, f, "SELECT account, mrr FROM {{mrr}} x", s); len(got) != 1 {
				t.Errorf("what acme pays: %q", got)
			}
			touched, err := f.Touched(ctx, before, time.Time{})
			check(err)
			days := map[string]int{}
			for _, x := range touched {
				days[x.Table]++
			}
			if days["activity"] != 2 || days["events"] != 5 || days["journeys"] != 3 || days["answers"] != 1 || days["tickets"] != 1 || days["people"] != 2 {
				t.Errorf("touched %v", days)
			}
			// A late event does not bring the person back; what the account pays comes.
			ana(6, "Used", "")
			ana(6, "Subscription Changed", `{"subscription":"s1","mrr":"200.00","currency":"BRL"}`)
			send(6, farol.Event{Kind: farol.Identify, User: "ana-user"}, `{"email":"ana@acme.example"}`)
			for _, row := range everywhere(t, f) {
				if trace.MatchString(row) {
					t.Errorf("came back: %s", row)
				}
			}
			if got := rowsOf(t, f, "SELECT account, mrr FROM {{mrr}} x", s); len(got) != 2 {
				t.Errorf("what acme pays later: %q", got)
			}
			f.SetErased([]byte("key"), nil)
			ana(7, "Used", "")
			if got := rowsOf(t, f, "SELECT person FROM {{activity}} x", s); len(got) != 2 {
				t.Errorf("told otherwise, they come again: %q", got)
			}
			rebuilt, err := f.Repair(ctx)
			if err != nil || len(rebuilt) > 0 {
				t.Errorf("the log does not agree with itself: %v %v", rebuilt, err)
			}
		})
	}
}
