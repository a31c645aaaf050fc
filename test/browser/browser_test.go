package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/farol-cs/farol/store"
)

// From a number on the overview down to the events behind it.
func TestFromNumberToEvents(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	if got := b.text("h1"); got != "Overview" {
		t.Fatalf("sign-in leads to %q", got)
	}
	b.shot("overview")
	value := b.text(".stat .value a")
	b.do(chromedp.Click(".stat .value a", chromedp.ByQuery), chromedp.WaitVisible("dialog.drawer[open] .source-of", chromedp.ByQuery))
	if got := b.text(".drawer .big"); !strings.HasPrefix(got, strings.TrimSuffix(value, "…")) {
		t.Errorf("the card says %s, its source %s", value, got)
	}
	b.shot("drawer")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector('dialog.drawer').open`)
	b.do(chromedp.Click(".stat .value a", chromedp.ByQuery), chromedp.WaitVisible(`.drawer tbody a[href^="/events"]`, chromedp.ByQuery))
	b.follow(`.drawer tbody a[href^="/events"]`)
	if got := b.text("h1"); got != "All events" {
		t.Errorf("the unit leads to %q", got)
	}
	var rows int
	b.eval(`document.querySelectorAll('tbody tr').length`, &rows)
	if rows == 0 {
		t.Error("no event stands behind the number")
	}
	b.shot("events-of-unit")

	// A point of the chart opens the same.
	b.open("/metrics/mrr")
	b.eval(`(() => { const c = echarts.getInstanceByDom(document.querySelector('[data-chart]')); c.trigger('click', {dataIndex: 2, seriesName: c.getOption().series[0].name}); return true })()`, nil)
	b.until(`document.querySelector('dialog.drawer').open && document.querySelector('.drawer .source-of') !== null`)
}

func TestLanguageAndTheme(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	b.do(chromedp.Click(".foot summary", chromedp.ByQuery))
	b.shot("account-menu")
	b.follow(`.foot button[value="pt-BR"]`)
	if got := b.text("h1"); got != "Visão geral" {
		t.Errorf("in Portuguese the page is %q", got)
	}
	light := b.background()
	b.do(chromedp.Click(".foot summary", chromedp.ByQuery))
	b.follow(`.foot button[value="dark"]`)
	if dark := b.background(); dark == light {
		t.Errorf("dark and light are both %s", dark)
	}
	b.shot("overview-pt-dark")
	// "As the system" follows the system, charts and all.
	b.do(chromedp.Click(".foot summary", chromedp.ByQuery))
	b.follow(`.foot button[value="auto"]`)
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	dark := b.background()
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}))
	if got := b.background(); got == dark {
		t.Errorf("the page does not follow the system: %s", got)
	}
}

func (b *browser) background() (out string) {
	b.t.Helper()
	b.eval(`getComputedStyle(document.body).backgroundColor`, &out)
	return out
}

func TestTimeTravel(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	now := b.text(`.stat:has(a[href^="/metrics/mrr"]) .value`)
	day := time.Now().AddDate(0, -3, 0).Format(time.DateOnly)
	b.do(chromedp.Click(".controls details:has(input[name=as_of]) summary", chromedp.ByQuery), chromedp.WaitVisible("input[name=as_of]", chromedp.ByQuery))
	b.shot("time-menu")
	b.do(chromedp.SetValue("input[name=as_of]", day, chromedp.ByQuery), chromedp.SetValue("input[name=known]", day, chromedp.ByQuery))
	b.follow(".controls details:has(input[name=as_of]) button")
	if got := b.text(".past"); !strings.Contains(got, "as it was known on") {
		t.Errorf("the banner says %q", got)
	}
	if got := b.text(`.stat:has(a[href^="/metrics/mrr"]) .value`); got == now {
		t.Errorf("MRR is %s then and now", got)
	}
	b.shot("overview-past")
	b.follow(`nav a[href="/catalogue"]`)
	b.open("/?as_of=" + day)
	b.follow(".past a")
	if got := b.text(`.stat:has(a[href^="/metrics/mrr"]) .value`); got != now {
		t.Errorf("back to now MRR is %s, it was %s", got, now)
	}
}

func TestSegment(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	b.do(chromedp.Click(".controls details:nth-child(3) summary", chromedp.ByQuery), chromedp.WaitVisible("select[name=attribute]", chromedp.ByQuery))
	b.do(chromedp.SetValue("select[name=attribute]", "plan", chromedp.ByQuery))
	b.eval(`document.querySelector('select[name=attribute]').dispatchEvent(new Event('change', {bubbles: true}))`, nil)
	b.until(`[...document.querySelectorAll('select[name=segment] option')].some(o => o.value.startsWith('plan='))`)
	b.shot("segment-menu")
	b.follow(".controls details:nth-child(3) form:has(#segment-values) button")
	if got := b.text(".chip.on"); !strings.HasPrefix(got, "Plan = ") {
		t.Errorf("the segment is %q", got)
	}
	var at string
	b.do(chromedp.Location(&at))
	if u, err := url.Parse(at); err != nil || len(u.Query()) != 1 {
		t.Errorf("the address says more than the segment: %s", at)
	}
}

// A new source's event is in the live list within a poll or two.
func TestSourceToLiveEvent(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	b.open("/sources")
	b.shot("sources")
	b.do(chromedp.SendKeys("#name", "Checkout"))
	b.follow(`form[action="/sources"] button`)
	key := b.text("#key")
	if !strings.HasPrefix(key, "wk_") || !strings.Contains(b.text("#snippet-curl"), key) {
		t.Fatalf("the key is %q", key)
	}
	b.do(chromedp.Click("[data-copy='#key']", chromedp.ByQuery))
	b.until(`document.querySelector("[data-copy='#key'] span").textContent === 'Copied'`)
	b.shot("source")
	b.follow(`a[href="/live"].btn`)
	s.send(key, `{"userId":"user-42","event":"Checkout Finished","properties":{"total":3,"note":"<img src=x onerror=alert(1)>"},"context":{"groupId":"acme"}}`)
	b.until(`document.querySelector('tr.fresh')?.textContent.includes('Checkout Finished')`)
	b.shot("live")
	b.do(chromedp.Click("[data-pause]", chromedp.ByQuery))
	b.until(`document.querySelector('[data-pause]').getAttribute('aria-pressed') === 'true'`)
	b.open("/rejected")
	b.shot("rejected")
}

func TestSetupInTheBrowser(t *testing.T) {
	s := serve(t)
	b := s.browse()
	b.open("/")
	b.shot("setup")
	b.do(chromedp.SendKeys("#name", "Ana"), chromedp.SendKeys("#email", email), chromedp.SendKeys("#password", password),
		chromedp.SendKeys("#company-name", "Vila Rica"), chromedp.SetValue("#zone", "America/Sao_Paulo"))
	b.follow("form.sign button")
	if got := b.text("h1"); got != "Sources" {
		t.Errorf("set-up leads to %q", got)
	}
	b.shot("sources-empty")
	for _, path := range []string{"/", "/events", "/live", "/rejected", "/metrics/mrr", "/settings/active/versions", "/catalogue?q=zzz"} {
		b.open(path)
		b.shot(name("empty", path))
	}
}

// With the keyboard alone: skip to the content, open a menu, close it.
func TestKeyboard(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	b.open("/catalogue")
	b.do(chromedp.KeyEvent(kb.Tab))
	var focused string
	b.eval(`document.activeElement.className`, &focused)
	if focused != "skip" {
		t.Errorf("the first stop is %q, not the link to the content", focused)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.eval(`document.activeElement.id`, &focused)
	if focused != "content" {
		t.Errorf("skipping leads to %q", focused)
	}
	b.open("/")
	b.do(chromedp.Focus(".controls summary", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector('.controls details').open`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector('.controls details').open && document.activeElement.tagName === 'SUMMARY'`)
	var ring string
	b.eval(`getComputedStyle(document.activeElement).outlineStyle`, &ring)
	if ring != "solid" {
		t.Errorf("the focus is drawn %q", ring)
	}
	b.do(chromedp.Click(".controls summary", chromedp.ByQuery))
	b.do(input.DispatchMouseEvent(input.MousePressed, 900, 700).WithButton(input.Left).WithClickCount(1), input.DispatchMouseEvent(input.MouseReleased, 900, 700).WithButton(input.Left).WithClickCount(1))
	b.until(`!document.querySelector('.controls details').open`)
}

// The main pages fit a desk, light and dark, in both languages; that every page
// fits a phone is seen where all of them are walked through.
func TestMainPagesFit(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	sources, err := s.store.Sources(context.Background())
	s.check(err)
	account := url.QueryEscape(longName)
	pages := map[string]string{
		"overview": "/", "metrics": "/catalogue", "mrr": "/metrics/mrr", "churn": "/metrics/logo_churn_rate?period=12m",
		"activation-by-plan": "/metrics/activation_rate?by=plan", "new-by-account": "/metrics/new_accounts?by=account&period=month",
		"source-of": "/metrics/active_users_28d/source?grain=day", "nps": "/metrics/nps", "dau": "/metrics/active_users_day?period=28d",
		"live": "/live", "rejected": "/rejected", "events": "/events", "events-long": "/events?account=" + account,
		"sources": "/sources", "source": "/sources/" + string(sources[0].ID), "settings": "/settings",
		"versions": "/settings/company/versions", "team": "/team", "account": "/account",
	}
	for _, kind := range []struct {
		name, language, theme string
		width, height         int64
	}{
		{"desk-en-light", "en", "light", 1440, 900},
		{"desk-pt-dark", "pt-BR", "dark", 1440, 900},
	} {
		b.size(kind.width, kind.height)
		b.choose(kind.language, kind.theme)
		for title, path := range pages {
			b.open(path)
			b.fits(kind.name + " " + path)
			b.shot(name(kind.name, title))
		}
		b.forgiving(func() {
			b.open("/no/such/page")
			b.fits(kind.name + " 404")
			b.shot(name(kind.name, "404"))
		})
	}
	b.size(390, 844)
	b.open("/")
	b.do(chromedp.Click(".bar button", chromedp.ByQuery), chromedp.WaitVisible("#side:popover-open", chromedp.ByQuery))
	b.shot("phone-menu")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.do(chromedp.Click(".stat .value a", chromedp.ByQuery), chromedp.WaitVisible("dialog.drawer[open] .source-of", chromedp.ByQuery))
	b.shot("phone-drawer")
}

// choose sets the member's language and colours.
func (b *browser) choose(language, theme string) {
	b.t.Helper()
	m, err := b.site.store.MemberByEmail(context.Background(), email)
	b.site.check(err)
	_, err = b.site.store.UpdateMember(context.Background(), m.ID, store.MemberUpdate{Language: &language, Theme: &theme})
	b.site.check(err)
}

// forgiving does something that the browser reports as an error by its nature.
func (b *browser) forgiving(do func()) {
	b.t.Helper()
	b.quiet()
	do()
	b.forgive()
}

// Nothing keeps out who reads with a screen reader or needs contrast: axe-core
// finds no violation, of whatever weight, on any page in either theme.
func TestAccessible(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is needed: run test/setup (%v)", err)
	}
	// The policy lets no page run what a test brings along.
	b.do(page.SetBypassCSP(true))
	for _, look := range [][2]string{{"en", "light"}, {"pt-BR", "dark"}} {
		b.choose(look[0], look[1])
		// Every page is looked at for what is serious in another test.
		for _, path := range []string{"/", "/?as_of=2026-10-01&segment=plan%3Dpro", "/metrics/mrr?by=plan", "/events", "/team"} {
			b.open(path)
			var found string
			b.eval(string(axe)+";true", nil)
			b.do(chromedp.Evaluate(violations, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
			if found != "" {
				t.Errorf("%s, %s: %s", path, look[1], found)
			}
		}
	}
}

// violations lists what axe-core finds: the rule, the first element, the reason.
const violations = `axe.run().then(r => r.violations.map(v =>
	v.id + ' x' + v.nodes.length + ': ' + v.nodes[0].html.slice(0, 160) + ' ' + (v.nodes[0].any[0]?.message || '')).join('\n'))`

// On paper there are figures and no controls.
func TestPrint(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	var shown int
	b.eval(`[...document.querySelectorAll('.side, .controls, .skip')].filter(e => getComputedStyle(e).display !== 'none').length`, &shown)
	if shown != 0 {
		t.Errorf("%d controls are printed", shown)
	}
	b.shot("print")
	if folder := os.Getenv("FAROL_SHOTS"); folder != "" {
		fmt.Println("pictures are in", folder)
	}
}
