package browser_test

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
	"github.com/farol-cs/farol/web"
)

// paths are the words that the paths below read and type, by language.
var paths = map[string]struct {
	noteWritten, taskDone, undone, moved, stage string
}{
	"en":    {"The note was written.", "Done: Send the plan", "It was taken back.", "Renewal", "renewal"},
	"pt-BR": {"A nota foi criada.", "Concluída: Send the plan", "Foi desfeito.", "Renovação", "renewal"},
}

// colleague adds a second member, to be mentioned.
func (s *site) colleague() {
	s.t.Helper()
	_, err := s.store.AddMember(context.Background(), store.NewMember{Email: "bruno@example.com", Name: "Bruno Sá", Role: store.Support, Password: password})
	if err != nil && farol.KindOf(err) != farol.Conflict {
		s.t.Fatal(err)
	}
}

// anAccount is a customer of the demo with a name of its own.
func (s *site) anAccount() (id, name string) {
	s.t.Helper()
	seen := map[string]int{}
	ids := map[string]string{}
	s.check(s.facts.AccountValues(context.Background(), time.Time{}, 0, time.Time{}, func(v facts.AccountValue) {
		if v.Trait == "name" {
			seen[v.Value]++
			ids[v.Value] = string(v.Account)
		}
	}))
	for n, k := range seen {
		if k == 1 && (name == "" || n < name) {
			id, name = ids[n], n
		}
	}
	return id, name
}

// key presses a key with modifiers.
func (b *browser) key(key string, modifiers ...input.Modifier) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// jump waits until the page has another address than before.
func (b *browser) lands(do func(), on string) {
	b.t.Helper()
	b.eval(`document.documentElement.dataset.old = 'yes'; true`, nil)
	do()
	b.until(`document.documentElement.dataset.old !== 'yes' && document.readyState === 'complete' && location.pathname.includes('` + on + `')`)
	b.drawn()
}

// Without a mouse, in both languages: find a customer, read why its figures
// are what they are, write a note with a mention and an action item, finish the
// task that it became, take that back, and jump to other pages.
func TestPathByKeyboard(t *testing.T) {
	s := settled(t)
	s.colleague()
	id, name := s.anAccount()
	b := s.browse()
	b.signIn()
	for _, code := range []string{"en", "pt-BR"} {
		b.choose(code, "light")
		words := paths[code]
		b.open("/my-day")
		// Find the customer: accents and case do not matter.
		b.key("k", input.ModifierCtrl)
		b.until(`document.querySelector('#palette').open && document.activeElement.id === 'palette-input'`)
		b.do(chromedp.KeyEvent(strings.ToUpper(name)))
		b.until(`document.querySelector('#palette [aria-selected=true]')?.dataset.href?.startsWith('/customers/')`)
		b.until(`document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.getAttribute('aria-selected') === 'true'`)
		b.shot("palette-" + code)
		b.lands(func() { b.key(kb.Enter) }, "/customers/")
		if got := b.text("h1"); got != name {
			t.Fatalf("the palette leads to %q, want %q", got, name)
		}
		// Read why: from a figure to what it is made of, once the figures with
		// their history have come in the place of the first.
		b.until(`!document.querySelector('.head-figures[hx-get]')`)
		b.until(`(() => { const a = document.querySelector('.head-figures a[href*="/metrics/"]'); a.focus(); return document.hasFocus() && document.activeElement === a })()`)
		b.key(kb.Enter)
		b.until(`location.pathname.includes('/metrics/') || document.querySelector('dialog.drawer')?.open`)
		b.open("/customers/" + url.PathEscape(id))
		// Write a note: the palette knows whose page this is.
		b.key("k", input.ModifierCtrl)
		b.until(`document.activeElement.id === 'palette-input'`)
		b.do(chromedp.KeyEvent(map[string]string{"en": "new note", "pt-BR": "nova nota"}[code]))
		b.until(`document.querySelector('#palette [aria-selected=true]')?.dataset.href === '/new/note'`)
		b.key(kb.Enter)
		b.until(`document.querySelector('dialog.drawer').open && document.activeElement.matches('.drawer .create input')`)
		b.do(chromedp.Focus(".drawer textarea", chromedp.ByQuery), chromedp.KeyEvent("Hello @bru"))
		b.until(`document.querySelector('.drawer .options:not([hidden]) [role=option]')?.textContent.includes('Bruno')`)
		b.key(kb.Enter)
		b.until(`document.querySelector('.drawer textarea').value.startsWith('Hello @bruno ')`)
		b.eval(`document.querySelector('.drawer textarea').value = document.querySelector('.drawer textarea').value.trim() + ' look.\n\n- [ ] @ana Send the plan'; true`, nil)
		b.lands(func() { b.key(kb.Enter, input.ModifierCtrl) }, "/customers/")
		if got := b.text(".toast-line"); !strings.HasPrefix(got, words.noteWritten) {
			t.Errorf("writing a note says %q", got)
		}
		// Its item is a task of mine: finish it, take it back, finish it again.
		b.open("/my-day")
		b.lands(func() { b.key("g"); b.key("t") }, "/tasks")
		b.key("j")
		b.until(`document.activeElement.closest('tr')?.textContent.includes('Send the plan')`)
		b.key("x")
		b.until(`document.activeElement.closest('tr').querySelector('input').checked`)
		b.shot("tasks-" + code)
		b.lands(func() { b.key("e") }, "/tasks")
		if got := b.text(".toast-line"); !strings.Contains(got, "Send the plan") {
			t.Errorf("finishing says %q", got)
		}
		b.lands(func() { b.key("z") }, "/tasks")
		if got := b.text(".flash"); got != words.undone {
			t.Errorf("taking back says %q, want %q", got, words.undone)
		}
		b.key("j")
		b.lands(func() { b.key("e") }, "/tasks")
		b.key("?")
		b.until(`document.querySelector('#keys').open`)
		b.shot("keys-" + code)
		b.key(kb.Escape)
		b.until(`!document.querySelector('#keys').open`)
	}
	// Bruno was told once of each note.
	m, err := s.store.MemberByEmail(context.Background(), "bruno@example.com")
	s.check(err)
	list, err := s.store.Notices(context.Background(), m.ID, true, 0)
	if s.check(err); len(list) != 2 || list[0].Kind != store.NoticeMention {
		t.Errorf("Bruno was told %+v", list)
	}
}

// enter puts the focus on what is to be worked with the keyboard and presses
// Enter.
func (b *browser) enter(selector string) {
	b.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
}

// A stage is moved on the customer's page with the keyboard, with a reason, and
// taken back.
func TestMoveAStage(t *testing.T) {
	s := settled(t)
	id, _ := s.anAccount()
	b := s.browse()
	b.signIn()
	for _, code := range []string{"en", "pt-BR"} {
		b.choose(code, "light")
		b.open("/customers/" + url.PathEscape(id))
		b.enter(`[data-edit="stage"]`)
		b.do(chromedp.WaitVisible("#edit-stage", chromedp.ByQuery), chromedp.Focus("#edit-stage select[name=stage]", chromedp.ByQuery))
		b.do(chromedp.KeyEvent(paths[code].moved[:4]))
		b.until(`document.querySelector('#edit-stage select[name=stage]').value === '` + paths[code].stage + `'`)
		b.do(chromedp.Focus("#edit-stage input[name=reason]", chromedp.ByQuery), chromedp.KeyEvent("contract is up"))
		b.lands(func() { b.enter("#edit-stage button[value=stage]") }, "/customers/")
		if got := b.text("main"); !strings.Contains(got, paths[code].moved) {
			t.Errorf("the stage is not %s", paths[code].moved)
		}
		b.shot("stage-" + code)
		b.lands(func() { b.enter(".toast-line button") }, "/customers/")
		if got := b.text(".flash"); got != paths[code].undone {
			t.Errorf("taking back says %q", got)
		}
	}
}

// An article is written and given to a colleague with the keyboard; the
// colleague reads and publishes it, and whoever searches finds it.
func TestPublishAnArticle(t *testing.T) {
	s := settled(t)
	s.colleague()
	b := s.browse()
	b.signIn()
	s.check(s.facts.UpdateRoster(context.Background()))
	for _, x := range []struct{ code, command, title, search, review, published string }{
		{"en", "write an article", "Reset a password", "reset pass", "In review", "Published"},
		{"pt-BR", "escrever um artigo", "Redefinir uma senha: não chega o e-mail", "NAO chega", "Em revisão", "Publicado"},
	} {
		b.signInAs(email, x.code)
		b.open("/my-day")
		b.palette(x.command, "/knowledge/new")
		b.lands(func() { b.key(kb.Enter) }, "/knowledge/new")
		b.do(chromedp.Focus("#title", chromedp.ByQuery), chromedp.KeyEvent(x.title), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Open the **account** page."), chromedp.KeyEvent(kb.Tab))
		b.lands(func() { b.key(kb.Enter) }, "/knowledge/")
		if b.has("button[value=publish]") {
			t.Error("who wrote it may publish it")
		}
		b.do(chromedp.Focus("#reviewer", chromedp.ByQuery), chromedp.KeyEvent("Bru"), chromedp.KeyEvent(kb.Tab))
		b.lands(func() { b.key(kb.Enter) }, "/knowledge/")
		if got := b.text("main .tag"); got != x.review {
			t.Errorf("the article is %q", got)
		}
		var at string
		b.eval("location.pathname", &at)

		b.signInAs("bruno@example.com", x.code)
		b.open(at)
		b.lands(func() { b.enter("button[value=publish]") }, "/knowledge/")
		if got := b.text("main .tag"); got != x.published {
			t.Errorf("the article is %q", got)
		}
		b.open("/my-day")
		b.palette(x.search, at)
		b.shot("palette-article-" + x.code)
		b.lands(func() { b.key(kb.Enter) }, at)
	}
	// People are found as well.
	list, _, err := s.facts.People(context.Background(), facts.PeopleQuery{Limit: 1})
	if s.check(err); len(list) != 1 {
		t.Fatal("the demo has nobody")
	}
	b.open("/my-day")
	b.palette(string(list[0].ID), "/people/"+url.PathEscape(string(list[0].ID)))
	b.lands(func() { b.key(kb.Enter) }, "/people/")
}

// palette types into the palette until the entry that leads there is chosen.
func (b *browser) palette(words, href string) {
	b.t.Helper()
	b.key("k", input.ModifierCtrl)
	b.until(`document.activeElement.id === 'palette-input'`)
	b.do(chromedp.KeyEvent(words))
	b.until(`document.querySelector('#palette [data-href="` + href + `"]')`)
	for range 30 {
		var there bool
		if b.eval(`document.querySelector('#palette [aria-selected=true]')?.dataset.href === '`+href+`'`, &there); there {
			return
		}
		b.key(kb.ArrowDown)
	}
	b.t.Fatalf("the keyboard does not reach %s", href)
}

func (b *browser) has(selector string) (out bool) {
	b.t.Helper()
	b.eval("Boolean(document.querySelector("+strconv.Quote(selector)+"))", &out)
	return out
}

// signInAs signs another member in, in a language.
func (b *browser) signInAs(mail, code string) {
	b.t.Helper()
	m, err := b.site.store.MemberByEmail(context.Background(), mail)
	b.site.check(err)
	theme := "light"
	_, err = b.site.store.UpdateMember(context.Background(), m.ID, store.MemberUpdate{Language: &code, Theme: &theme})
	b.site.check(err)
	b.do(network.ClearBrowserCookies())
	b.open("/sign-in")
	b.do(chromedp.SendKeys("#email", mail), chromedp.SendKeys("#password", password))
	b.lands(func() { b.key(kb.Enter) }, "/my-day")
}

// On any page of the program axe-core finds nothing serious, all is translated
// and, however long the names are, nothing is wider than a phone.
func TestEveryPage(t *testing.T) {
	s := settled(t)
	s.colleague()
	id := word
	ctx := context.Background()
	me, err := s.store.MemberByEmail(ctx, email)
	s.check(err)
	note, err := s.store.AddNote(ctx, store.Note{Account: farol.AccountID(id), Author: me.ID, Title: word[:100], Body: "# Title\n\n" + word + "\n\n- [ ] @bruno look\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |"})
	s.check(err)
	task, err := s.store.AddTask(ctx, store.Task{Account: farol.AccountID(id), Title: word[:150], Owner: me.ID, Creator: "system", Due: 20000, Repeats: "month", Priority: 1})
	s.check(err)
	_, err = s.store.Say(ctx, store.Message{Thread: store.Channel, Author: me.ID, Topic: word[:40], Account: farol.AccountID(id), Body: word + ", @bruno"})
	s.check(err)
	things := s.things(id)
	things["/notes/{id}"], things["/tasks/{id}"] = "/notes/"+note.ID, "/tasks/"+task.ID
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is needed: run test/setup (%v)", err)
	}
	b := s.browse()
	b.signIn()
	b.do(page.SetBypassCSP(true))
	b.choose("pt-BR", "light")
	pages := append(web.Pages(), "/customers/"+url.PathEscape(id)+"?tab=notes", "/customers/"+url.PathEscape(id)+"?tab=tasks", "/customers/"+url.PathEscape(id)+"?tab=thread", "/customers/"+url.PathEscape(id)+"?tab=people",
		"/customers?view=board", "/my-day?team=yes", "/new/note", "/new/tag", "/new/post",
		"/settings/exclusions", "/settings/active", "/settings/conventions", "/settings/reasons", "/settings/features", "/settings/activation")
	var whole bool
	for _, path := range pages {
		pattern, longest := path, ""
		for prefix, thing := range things {
			if rest, ok := strings.CutPrefix(pattern, prefix); ok && (rest == "" || rest[0] == '/' && strings.Contains(prefix, "{")) && len(prefix) > len(longest) {
				longest, path = prefix, thing+rest
			}
		}
		switch {
		case strings.HasSuffix(path, ".csv") || noPage[pattern]:
			continue
		case strings.Contains(path, "{"):
			t.Errorf("nothing stands for %s", pattern)
			continue
		}
		b.forgiving(func() { b.open(path) })
		if b.eval(`Boolean(document.querySelector('main')) && !document.querySelector('main .nothing .mono')`, &whole); !whole {
			t.Errorf("%s is no page: %s", path, b.text("main"))
			continue
		}
		var found string
		b.eval(string(axe)+";true", nil)
		b.do(chromedp.Evaluate(serious, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if found != "" {
			t.Errorf("%s: %s", path, found)
		}
		b.translated(pattern)
		b.narrow(pattern)
	}
}

// noPage are the routes that answer a file, a part of a page or the way to
// another, and what the site has none of: nothing was restated, and it is set up.
var noPage = map[string]bool{
	"/colleagues": true, "/values": true, "/views/menu": true, "/customer-values": true, "/live/new": true, "/customers/{id}/part": true, "/customers/{id}/history": true, "/files/{id}": true, "/people/{id}/export": true,
	"/notices/{id}": true, "/restatements/{id}": true, "/segments/suggest": true, "/sign-in/oidc": true, "/sign-in/oidc/callback": true, "/setup": true, "/sign-in": true, "/digest/stop/{token}": true, "/truth": true,
}

// serious lists what axe-core calls serious or critical.
const serious = `axe.run().then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v =>
	v.id + ' x' + v.nodes.length + ': ' + v.nodes[0].html.slice(0, 160) + ' ' + (v.nodes[0].any[0]?.message || '')).join('\n'))`
