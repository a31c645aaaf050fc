package store

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestArticles(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		ana := must[Member](t)(s.AddFirstMember(ctx, NewMember{Email: "ana@x.com", Name: "Ana", Role: Admin, Password: "correct horse battery"}))
		text := ArticleText{Language: "pt-BR", Title: "  Exportação  não funciona", Body: "Abra **Relatórios**.\n\nDepois, *Exportar*.", Tags: []string{"relatório", "relatório", ""}, Topics: []string{"reports"}, Features: []string{"Report Exported"}, Stages: []string{"adoption"}}
		a := must[Article](t)(s.AddArticle(ctx, text, "eva"))
		if a.Title != "Exportação não funciona" || a.State != ArticleDraft || a.Version != 1 || len(a.Tags) != 1 {
			t.Errorf("added %+v", a)
		}
		c.pass(time.Minute)
		other := must[Article](t)(s.AddArticle(ctx, ArticleText{Language: "en", Title: "Signing in", Body: "100% of export_me people"}, "eva"))
		find := func(q ArticleQuery) string {
			t.Helper()
			var out []string
			for _, x := range must[[]Article](t)(s.Articles(ctx, q)) {
				out = append(out, strings.Fields(x.Title)[0])
			}
			return strings.Join(out, " ")
		}
		for _, x := range []struct {
			q    ArticleQuery
			want string
		}{
			{ArticleQuery{}, "Signing Exportação"}, {ArticleQuery{Search: "EXPORTACAO nao"}, "Exportação"}, {ArticleQuery{Search: "relatorios"}, "Exportação"}, {ArticleQuery{Search: "export"}, "Exportação Signing"},
			{ArticleQuery{Search: "100%"}, "Signing"}, {ArticleQuery{Search: "export_"}, "Signing"}, {ArticleQuery{Search: "%"}, "Signing"}, {ArticleQuery{Topic: "reports"}, "Exportação"}, {ArticleQuery{Topic: "Reports"}, ""},
			{ArticleQuery{Topic: "report"}, ""}, {ArticleQuery{Feature: "Report Exported"}, "Exportação"}, {ArticleQuery{Stage: "adoption"}, "Exportação"}, {ArticleQuery{Readers: true}, ""}, {ArticleQuery{State: "draft", Limit: 1}, "Signing"},
		} {
			if got := find(x.q); got != x.want {
				t.Errorf("%+v: %q, want %q", x.q, got, x.want)
			}
		}
		_, err := s.PublishArticle(ctx, a.ID, 1, "eva")
		wantError(t, err, farol.Forbidden, "")
		_, err = s.AskReview(ctx, a.ID, "nobody", "eva")
		wantError(t, err, farol.Invalid, "reviewer")
		asked := must[Article](t)(s.AskReview(ctx, a.ID, ana.ID, "eva"))
		if told := must[[]Notice](t)(s.Notices(ctx, ana.ID, true, 0)); asked.State != ArticleReview || len(told) != 1 || told[0].Subject != "article:"+a.ID+":1" {
			t.Errorf("%+v %+v", asked, told)
		}
		back := must[Article](t)(s.ReturnArticle(ctx, a.ID, string(ana.ID)))
		_, err = s.ReturnArticle(ctx, a.ID, string(ana.ID))
		wantError(t, err, farol.Conflict, "")
		_, err = s.PublishArticle(ctx, a.ID, 0, string(ana.ID)) // not the version that there is
		wantError(t, err, farol.Conflict, "")
		shown := must[Article](t)(s.PublishArticle(ctx, a.ID, 1, string(ana.ID)))
		if back.State != ArticleDraft || shown.State != ArticlePublished || shown.Published != 1 || find(ArticleQuery{Readers: true}) != "Exportação" {
			t.Errorf("%+v %+v", back, shown)
		}
		_, err = s.PublishArticle(ctx, a.ID, 1, string(ana.ID))
		wantError(t, err, farol.Conflict, "")

		// The next version is a draft; readers keep the published one.
		text.Body += "\n\nNovo."
		_, err = s.WriteArticle(ctx, a.ID, 7, text, "eva")
		wantError(t, err, farol.Conflict, "")
		next := must[Article](t)(s.WriteArticle(ctx, a.ID, 1, text, string(ana.ID)))
		again := must[Article](t)(s.WriteArticle(ctx, a.ID, 2, text, "eva"))
		if next.Version != 2 || next.State != ArticleDraft || next.Published != 1 || again.Version != 2 {
			t.Errorf("%+v %+v", next, again)
		}
		_, err = s.PublishArticle(ctx, a.ID, 2, string(ana.ID))
		wantError(t, err, farol.Forbidden, "")
		versions := must[[]ArticleVersion](t)(s.ArticleVersions(ctx, a.ID))
		if len(versions) != 2 || versions[1].Reviewer != string(ana.ID) || versions[1].Reviewed.IsZero() || versions[0].Reviewer != "" || !slices.Equal(versions[1].Topics, []string{"reports"}) {
			t.Errorf("%+v", versions)
		}
		if v := must[ArticleVersion](t)(s.ArticleVersion(ctx, a.ID, 1)); strings.Contains(v.Body, "Novo") {
			t.Errorf("version 1 is %+v", v)
		}
		gone := must[Article](t)(s.ArchiveArticle(ctx, other.ID, false))
		if gone.State != ArticleArchived || find(ArticleQuery{}) != "Exportação" || must[Article](t)(s.ArchiveArticle(ctx, other.ID, true)).State != ArticleDraft {
			t.Errorf("%+v", gone)
		}

		ok(t, s.SeeArticle(ctx, a.ID, 20500, ana.ID, "zendesk-1"))
		ok(t, s.SeeArticle(ctx, a.ID, 20500, ana.ID, "zendesk-1"))
		ok(t, s.SeeArticle(ctx, a.ID, 20501, "eva", ""))
		if v := must[map[string]ArticleViews](t)(s.ArticleViews(ctx, 20500, 0)); v[a.ID] != (ArticleViews{3, 2, 1}) {
			t.Errorf("%+v", v)
		}
		for field, bad := range map[string]ArticleText{
			"language": {Language: "xx", Title: "x", Body: "x"}, "title": {Language: "en", Title: " ", Body: "x"}, "body": {Language: "en", Title: "x"},
		} {
			_, err := s.AddArticle(ctx, bad, "eva")
			wantError(t, err, farol.Invalid, field)
		}
		_, err = s.Article(ctx, "no\x00such")
		wantError(t, err, farol.NotFound, "")
	})
}

// A secret is read again only with the key, and for what it was sealed for.
func TestDesks(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		if _, _, err := s.AddDesk(ctx, "zendesk", "Zendesk", "signing secret"); err == nil {
			t.Error("a secret was kept without a key")
		}
		ok(t, s.UseKey(bytes.Repeat([]byte{1}, 32)))
		if s.UseKey([]byte("short")) == nil {
			t.Error("a short key was taken")
		}
		ok(t, s.UseKey(bytes.Repeat([]byte{1}, 32)))
		d, made, err := s.AddDesk(ctx, "zendesk", "Zendesk", " signing secret ")
		ok(t, err)
		if made != "" || must[string](t)(s.DeskSecret(ctx, d)) != "signing secret" {
			t.Errorf("the secret: %q", made)
		}
		var kept string
		ok(t, s.SQL().QueryRow(`select secret from desks where source = $1`, d.ID).Scan(&kept))
		if !strings.HasPrefix(kept, sealed) || strings.Contains(kept, "signing") {
			t.Errorf("kept as %s", kept)
		}
		if _, err := s.openText("desk:another", kept); err == nil {
			t.Error("it opened for another desk")
		}
		f, made, err := s.AddDesk(ctx, "freshdesk", "Fresh", "")
		ok(t, err)
		if yes, err := s.KnowsDeskSecret(ctx, f, made); !yes || err != nil || len(made) != 40 {
			t.Errorf("%q is not known: %v", made, err)
		}
		if yes, _ := s.KnowsDeskSecret(ctx, f, made+"x"); yes {
			t.Error("another secret is known")
		}
		if list := must[[]Desk](t)(s.Desks(ctx)); len(list) != 2 || list[0].Kind != "zendesk" {
			t.Errorf("%+v", list)
		}
		for _, x := range [][3]string{{"kind", "trello", "x"}, {"secret", "zendesk", "short"}} {
			_, _, err := s.AddDesk(ctx, x[1], "Name", x[2])
			wantError(t, err, farol.Invalid, x[0])
		}
		ok(t, s.DeleteSource(ctx, d.ID))
		_, err = s.Desk(ctx, d.ID)
		wantError(t, err, farol.NotFound, "")
		wantError(t, s.SetRequester(ctx, Requester{Who: "colour:red", Account: "x"}), farol.Invalid, "who")
	})
}
