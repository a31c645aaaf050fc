package facts

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/test/clickhouse"
)

// A log of format 1 is opened, gets its columns, and the payments that it
// holds count from then on; a log of a later format is refused.
func TestUpgrade(t *testing.T) {
	ctx := context.Background()
	k := &kit{T: t, clock: &clock{now: ts("2026-03-01 12:00")}}
	config := Config{Path: filepath.Join(t.TempDir(), "old.duckdb"), Zone: time.UTC, Now: func() time.Time { return k.clock.now }}
	open := func() error {
		f, err := Open(ctx, config)
		k.f = f
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	k.add(k.track("2026-01-10 10:00", "", "acme", "Subscription Started", `{"subscription":"s1","mrr":100,"currency":"BRL"}`),
		k.track("2026-01-15 10:00", "", "acme", "Payment Failed", `{"subscription":"s1"}`),
		k.track("2026-01-12 10:00", "", "acme", "Invoice Line Billed", `{"subscription":"i1","amount":7,"currency":"BRL","period_start":"2026-01-12","period_end":"2026-02-12"}`),
		k.track("2026-01-16 10:00", "ana@acme.example", "acme", "Referral Sent", `{"referral":"r1","invitee_email":"zoe@x.example"}`),
		k.track("2026-01-17 10:00", "ana@acme.example", "acme", "Referral Sent", `{"referral":"r2","invitee_email":"bia@acme.example"}`))
	db := k.f.eng.(*duck).db
	for _, c := range subscriptions.columns[subscriptions.index("family"):] {
		if _, err := db.ExecContext(ctx, "ALTER TABLE subscriptions DROP COLUMN "+c.name); err != nil {
			t.Fatal(err)
		}
	}
	set := func(text string) {
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	set("DROP TABLE charges")
	set("DROP TABLE invoices")
	set("DROP TABLE journeys")
	set("UPDATE format SET version = 1")
	if err := k.f.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing left to do
		if err := open(); err != nil {
			t.Fatal(err)
		}
		s := Scope{Period: farol.Period{From: day("2026-01-01"), To: day("2026-03-01")}}
		k.want(k.rows("SELECT subscription, mrr, status, from_day, to_day FROM {{mrr}} m WHERE status <> 'active' OR from_day = DATE '2026-01-10'", s, nil),
			"s1|0|unpaid|2026-02-14|2149-01-01", "s1|10000|active|2026-01-10|2026-01-15")
		k.want(k.rows("SELECT subscription, mrr FROM {{mrr}} m WHERE subscription = 'i1' AND from_day = DATE '2026-01-12'", s, map[string]any{"invoice_basis": true}), "i1|700")
		k.want(k.rows("SELECT r.referral, r.account, r.qualified FROM {{referrals}} r", s, nil), "r1|acme|1", "r2|acme|0")
		k.want(k.rows("SELECT DISTINCT l.reason FROM {{mrr}} l WHERE l.status = 'unpaid'", s, nil), "payment")
		if err := k.f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	k.add(k.track("2026-02-20 10:00", "", "acme", "Subscription Changed", `{"subscription":"s1","unit_price":3,"quantity":4,"currency":"BRL"}`))
	db = k.f.eng.(*duck).db
	set("UPDATE format SET version = 99")
	if err := k.f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil {
		t.Error("a later format was opened")
	}
}

// The same on a server, and on a cluster of two.
func TestClickUpgrade(t *testing.T) {
	if testing.Short() {
		return
	}
	for name, dsn := range map[string]string{"one server": clickhouse.Start(t), "two shards": clickhouse.StartShards(t)} {
		k := &kit{T: t, clock: &clock{now: ts("2026-03-01 12:00")}}
		open := func() {
			f, err := Open(t.Context(), Config{ClickHouse: dsn, Zone: time.UTC, Now: func() time.Time { return k.clock.now }})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			k.f = f
		}
		open()
		k.add(k.track("2026-01-10 10:00", "", "acme", "Subscription Started", `{"subscription":"s1","mrr":100,"currency":"BRL"}`),
			k.track("2026-01-15 10:00", "", "acme", "Payment Failed", `{"subscription":"s1"}`))
		e := k.f.eng.(*click)
		for _, table := range append([]string{"writers"}, names(tables)...) {
			for _, n := range e.both(table) {
				if table == "charges" {
					k.exec(e, "TRUNCATE TABLE "+n)
				}
				k.exec(e, "ALTER TABLE "+n+" MODIFY COMMENT 'facts, format 1'")
			}
		}
		for _, n := range e.both("subscriptions") {
			k.exec(e, "ALTER TABLE "+n+" DROP COLUMN family")
		}
		k.f.Close()
		open()
		s := Scope{Period: farol.Period{From: day("2026-01-01"), To: day("2026-03-01")}}
		k.want(k.rows("SELECT subscription, mrr, status, from_day FROM {{mrr}} m WHERE status <> 'active'", s, nil), "s1|0|unpaid|2026-02-14")
		if k.f.eng.format() != formatVersion {
			t.Errorf("%s: still in format %d", name, k.f.eng.format())
		}
		k.f.Close()
	}
}

func names(list []*table) (out []string) {
	for _, t := range list {
		out = append(out, t.name)
	}
	return out
}

func (k *kit) exec(e *click, text string) {
	k.Helper()
	if err := e.exec(k.Context(), text); err != nil {
		k.Errorf("%s: %v", text, err)
	}
}
