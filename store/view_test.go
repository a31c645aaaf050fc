package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestViews(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		names := func(owner string) string {
			t.Helper()
			all, err := s.Views(ctx, owner)
			ok(t, err)
			said := ""
			for _, v := range all {
				said += v.Name
				if v.Default {
					said += "*"
				}
				said += " "
			}
			return said
		}
		own, err := s.AddView(ctx, View{Owner: "ana", Name: " mine ", Path: "/metrics/mrr", Query: "period=12m&segment=plan%3DPro"})
		ok(t, err)
		shared, err := s.AddView(ctx, View{Owner: "ana", Name: "Board", Path: "/metrics/mrr", Query: "known=2026-03-31", Shared: true})
		ok(t, err)
		if names("ana") != "Board mine " || names("bia") != "Board " || own.Href() != "/metrics/mrr?period=12m&segment=plan%3DPro" {
			t.Errorf("ana sees %s, bia %s, at %s", names("ana"), names("bia"), own.Href())
		}
		got, err := s.View(ctx, "ana", own.ID)
		if err != nil || got != own || own.Name != "mine" {
			t.Errorf("%+v, %v, want %+v", got, err, own)
		}
		kind := func(err error, want farol.ErrorKind) {
			t.Helper()
			if farol.KindOf(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		_, err = s.View(ctx, "bia", own.ID)
		kind(err, farol.NotFound)
		for _, bad := range []View{
			{Name: "", Path: "/"}, {Name: "x", Path: "//evil.example"}, {Name: "x", Path: "https://evil.example/"}, {Name: "x", Path: "/a?b"}, {Name: "x", Path: ""}, {Name: "x", Path: "/\\evil"},
			{Name: "x", Path: "/", Query: "%zz"}, {Name: "x", Path: "/", Query: "a=" + strings.Repeat("x", maxQuery)},
		} {
			_, err := s.AddView(ctx, bad)
			kind(err, farol.Invalid)
		}
		name, yes, no := "Board 2", true, false
		_, err = s.ChangeView(ctx, Keeper{ID: "bia"}, shared.ID, &name, nil)
		kind(err, farol.Forbidden)
		_, err = s.ChangeView(ctx, Keeper{ID: "bia", Leader: true}, own.ID, &name, nil)
		kind(err, farol.NotFound)
		empty := ""
		_, err = s.ChangeView(ctx, Keeper{ID: "ana"}, own.ID, &empty, nil)
		kind(err, farol.Invalid)
		c.pass(time.Hour)
		changed, err := s.ChangeView(ctx, Keeper{ID: "bia", Leader: true}, shared.ID, &name, nil)
		if err != nil || changed.Name != name || !changed.Shared || !changed.Changed.Equal(c.now()) || changed.Owner != "ana" {
			t.Errorf("%+v, %v", changed, err)
		}

		ok(t, s.SetDefaultView(ctx, "bia", shared.ID, true))
		ok(t, s.SetDefaultView(ctx, "ana", shared.ID, true))
		ok(t, s.SetDefaultView(ctx, "ana", own.ID, true))
		kind(s.SetDefaultView(ctx, "bia", own.ID, true), farol.NotFound)
		if names("ana") != "Board 2 mine* " || names("bia") != "Board 2* " {
			t.Errorf("defaults: %s, %s", names("ana"), names("bia"))
		}
		if v, err := s.DefaultView(ctx, "bia", "/metrics/mrr"); err != nil || v.ID != shared.ID {
			t.Errorf("%+v, %v", v, err)
		}
		_, err = s.DefaultView(ctx, "bia", "/")
		kind(err, farol.NotFound)
		_, err = s.ChangeView(ctx, Keeper{ID: "ana"}, shared.ID, nil, &no)
		ok(t, err)
		_, err = s.DefaultView(ctx, "bia", "/metrics/mrr")
		kind(err, farol.NotFound)
		_, err = s.ChangeView(ctx, Keeper{ID: "ana"}, shared.ID, nil, &yes)
		ok(t, err)
		ok(t, s.SetDefaultView(ctx, "ana", own.ID, false))
		if names("ana") != "Board 2 mine " {
			t.Error(names("ana"))
		}
		ok(t, s.SetDefaultView(ctx, "ana", own.ID, true))
		kind(s.DeleteView(ctx, Keeper{ID: "bia"}, shared.ID), farol.Forbidden)
		kind(s.DeleteView(ctx, Keeper{ID: "bia", Leader: true}, own.ID), farol.NotFound)
		ok(t, s.DeleteView(ctx, Keeper{ID: "ana"}, own.ID))
		kind(s.DeleteView(ctx, Keeper{ID: "ana"}, own.ID), farol.NotFound)
		if names("ana") != "Board 2 " {
			t.Error(names("ana"))
		}
		ok(t, s.Write(ctx, func(tx *sql.Tx) error {
			for i := range maxViews {
				if _, err := tx.ExecContext(ctx, `insert into views (id, owner, name, path, query, shared, created, changed) values ($1, 'eva', 'x', '/', '', 0, 0, 0)`, fmt.Sprint("v", i)); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err = s.AddView(ctx, View{Owner: "eva", Name: "x", Path: "/"})
		kind(err, farol.Conflict)
	})
}
