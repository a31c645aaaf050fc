package browser_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
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
		// Read why: from a figure to what it is made of.
		b.do(chromedp.Focus(`.head-figures a[href*="/metrics/"]`, chromedp.ByQuery))
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

// A stage is moved on the customer's page, with a reason, and taken back.
func TestMoveAStage(t *testing.T) {
	s := settled(t)
	id, _ := s.anAccount()
	b := s.browse()
	b.signIn()
	for _, code := range []string{"en", "pt-BR"} {
		b.choose(code, "light")
		b.open("/customers/" + url.PathEscape(id))
		b.do(chromedp.Click(`[data-edit="stage"]`, chromedp.ByQuery), chromedp.WaitVisible("#edit-stage", chromedp.ByQuery),
			chromedp.SetValue("#edit-stage select[name=stage]", paths[code].stage, chromedp.ByQuery), chromedp.SendKeys("#edit-stage input[name=reason]", "contract is up", chromedp.ByQuery))
		b.follow("#edit-stage button[value=stage]")
		if got := b.text("main"); !strings.Contains(got, paths[code].moved) {
			t.Errorf("the stage is not %s", paths[code].moved)
		}
		b.shot("stage-" + code)
		b.follow(".toast-line button")
		if got := b.text(".flash"); got != paths[code].undone {
			t.Errorf("taking back says %q", got)
		}
	}
}

// axe-core finds nothing serious on any page of the program.
func TestEveryPageIsAccessible(t *testing.T) {
	s := settled(t)
	s.colleague()
	id, _ := s.anAccount()
	ctx := context.Background()
	me, err := s.store.MemberByEmail(ctx, email)
	s.check(err)
	note, err := s.store.AddNote(ctx, store.Note{Account: farol.AccountID(id), Author: me.ID, Body: "# Title\n\n- [ ] @bruno look\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |"})
	s.check(err)
	task, err := s.store.AddTask(ctx, store.Task{Account: farol.AccountID(id), Title: "Call", Owner: me.ID, Creator: "system", Due: 20000, Repeats: "month", Priority: 1})
	s.check(err)
	_, err = s.store.Say(ctx, store.Message{Thread: store.Channel, Author: me.ID, Topic: "exports", Account: farol.AccountID(id), Body: "They fail, @bruno"})
	s.check(err)
	sources, err := s.store.Sources(ctx)
	s.check(err)
	things := map[string]string{"/customers/": url.PathEscape(id), "/notes/": note.ID, "/tasks/": task.ID, "/sources/": string(sources[0].ID), "/metrics/": "mrr", "/settings/": "company", "/new/": "task", "/glossary/": "churn"}
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is needed: run test/setup (%v)", err)
	}
	b := s.browse()
	b.signIn()
	b.do(page.SetBypassCSP(true))
	b.choose("pt-BR", "light")
	walked := 0
	pages := append(web.Pages(), "/customers/"+things["/customers/"]+"?tab=notes", "/customers/"+things["/customers/"]+"?tab=tasks", "/customers/"+things["/customers/"]+"?tab=thread", "/my-day?team=yes", "/new/note", "/new/tag", "/new/post")
	for _, path := range pages {
		for prefix, thing := range things {
			if strings.HasPrefix(path, prefix) {
				path = strings.NewReplacer("{id}", thing, "{name}", thing, "{what}", thing).Replace(path)
			}
		}
		// What is left names something that this site has not, or is no page.
		if strings.Contains(path, "{") || strings.HasSuffix(path, ".csv") || path == "/colleagues" {
			continue
		}
		b.forgiving(func() { b.open(path) })
		var whole bool
		if b.eval(`Boolean(document.querySelector('main'))`, &whole); !whole {
			continue // a fragment
		}
		walked++
		var found string
		b.eval(string(axe)+";true", nil)
		b.do(chromedp.Evaluate(serious, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if found != "" {
			t.Errorf("%s: %s", path, found)
		}
	}
	if walked < 40 {
		t.Errorf("only %d pages were walked", walked)
	}
}

// serious lists what axe-core calls serious or critical.
const serious = `axe.run().then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v =>
	v.id + ' x' + v.nodes.length + ': ' + v.nodes[0].html.slice(0, 160) + ' ' + (v.nodes[0].any[0]?.message || '')).join('\n'))`
