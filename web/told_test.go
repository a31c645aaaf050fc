package web

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// The link of a daily mail asks its reader, in their language, and stops
// nothing by itself: only what the page or a mail program posts does.
func TestStopDigest(t *testing.T) {
	s := staffed(t)
	ctx := t.Context()
	m, err := s.store.MemberByEmail(ctx, "support@example.com")
	s.check(err)
	code := string(lang.Portuguese)
	_, err = s.store.UpdateMember(ctx, m.ID, store.MemberUpdate{Language: &code})
	s.check(err)
	s.check(s.store.SetPreferences(ctx, m.ID, store.Preferences{Digest: 8, Muted: []string{store.NoticeTask}}))
	token, _, err := s.store.ClaimDigest(ctx, m.ID, farol.DayOf(today, time.UTC))
	s.check(err)
	hour := func() int {
		t.Helper()
		p, err := s.store.Preferences(ctx, m.ID)
		s.check(err)
		if len(p.Muted) != 1 {
			t.Errorf("what else the member chose is gone: %v", p)
		}
		return p.Digest
	}

	page := "/digest/stop/" + token
	s.get(nobody, page).is(200).says("h1", "E-mail diário").says("button", "Não receber mais o e-mail diário").has("form[action='"+page+"']", 1)
	if hour() != 8 {
		t.Error("following the link stopped the mails")
	}
	for _, unknown := range []string{"nonsense", token + "x"} {
		s.get(nobody, "/digest/stop/"+unknown).is(404).has("form[action^='/digest']", 0)
		s.post(nobody, "/digest/stop/"+unknown).is(404)
	}
	if hour() != 8 {
		t.Error("a token of no mail stopped the mails")
	}
	s.post(nobody, page, "List-Unsubscribe", "One-Click").is(200).says(".sign", "Não haverá mais e-mails diários").has("form[action='"+page+"']", 0)
	if hour() != store.NoDigest {
		t.Error("the mails were not stopped")
	}
}
