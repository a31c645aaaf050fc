package desk

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
)

// Readers whose questions end after they read are told from the others, who go
// on; without readers enough nothing is told.
func TestEffect(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	all, reads := map[Key]*facts.Ticket{}, map[farol.AccountID]time.Time{}
	var accounts []farol.AccountID
	at := now.AddDate(0, 0, -60)
	open := func(a farol.AccountID, when time.Time) {
		id := fmt.Sprint(len(all))
		all[Key{"s", id}] = &facts.Ticket{Source: "s", ID: id, Account: a, Topic: "login", Opened: when, Status: facts.TicketOpen}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 120 {
		a := farol.AccountID(fmt.Sprintf("a%03d", i))
		accounts = append(accounts, a)
		open(a, at.AddDate(0, 0, -5))
		if i%3 == 0 {
			reads[a] = at
			if r.Float64() < 0.3 {
				open(a, at.AddDate(0, 0, 5))
			}
		} else if r.Float64() < 0.9 {
			open(a, at.AddDate(0, 0, 5))
		}
	}
	reads["late"] = now.AddDate(0, 0, -3)
	accounts = append(accounts, "late")
	alone := EffectOf(all, []string{"login"}, reads, accounts, now)
	// Those who are not looked at, test accounts say, change nothing.
	reads["tester"] = at
	for i := range 50 {
		a := farol.AccountID(fmt.Sprintf("test%d", i))
		open(a, at.AddDate(0, 0, -5))
		open(a, at.AddDate(0, 0, 5))
		open(a, at.AddDate(0, 0, 6))
	}
	e := EffectOf(all, []string{"login"}, reads, accounts, now)
	if e.Readers != 40 || e.Before != 1 || e.OthersBefore != 1 || e.Change == nil || !e.Change.Clear() || math.Abs(e.Change.Value+0.6) > 0.2 {
		t.Errorf("%+v %+v", e, e.Change)
	}
	if math.Abs(e.OthersAfter-alone.OthersAfter) > 1e-9 || e.Readers != alone.Readers {
		t.Errorf("with accounts that are not looked at %+v, without %+v", e, alone)
	}
	few := map[farol.AccountID]time.Time{"a000": at}
	if e := EffectOf(all, []string{"login"}, few, accounts, now); e.Readers != 1 || e.Change != nil {
		t.Errorf("of one reader %+v", e)
	}
	if e := EffectOf(all, []string{"other"}, reads, accounts, now); e.Readers != 40 || e.After != 0 {
		t.Errorf("another topic %+v", e)
	}
	if stats.MinCompared > 40 {
		t.Error("too few readers for this test")
	}
	list := Needed(all, []string{"login"}, Query{Account: "a001"})
	if len(list) != 1 || list[0].Tickets < 1 || list[0].Unsolved != list[0].Tickets {
		t.Errorf("%+v", list)
	}
}
