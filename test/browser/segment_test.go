package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A segment is built without code and without a reload, with the keyboard: rows
// and text follow each other, the customers are counted while it is built, and
// what is wrong is marked.
func TestBuildASegment(t *testing.T) {
	s := settled(t)
	b := s.browse()
	b.signIn()
	for _, x := range []struct{ language, title, saved, wrong string }{
		{"en", "Pro readers", "The segment was saved.", "here should be and, or, or the end"},
		{"pt-BR", "Leitores do plano Pro", "O segmento foi salvo.", "aqui deveria haver and, or ou o fim"},
	} {
		b.choose(x.language, "light")
		b.open("/segments/new")
		b.eval(`window.stays = true`, nil)
		b.do(chromedp.SendKeys(`input[name=title]`, x.title), chromedp.SendKeys(`input[name="r1.name"]`, "plan"))
		b.do(chromedp.Focus(`input[name="r1.value"]`, chromedp.ByQuery))
		b.until(`[...document.querySelectorAll('#builder-suggestions option')].some(o => o.value === 'pro')`)
		b.do(chromedp.SendKeys(`input[name="r1.value"]`, "pro"))
		b.until(`/[1-9]/.test(document.querySelector('#builder-look .big')?.textContent || '') && document.querySelectorAll('#builder-look .sample li').length > 0`)
		b.until(`document.querySelector('[data-rule-text]').value === 'plan is "pro"'`)

		// Alt+N, down to what somebody did, and on with the keyboard.
		b.do(chromedp.KeyEvent("n", chromedp.KeyModifiers(input.ModifierAlt)))
		b.until(`document.querySelector('.rule-list details.menu').open`)
		b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
		b.until(`document.activeElement.name === 'r2.name'`)
		b.do(chromedp.KeyEvent("Report Created"))
		b.until(`document.querySelector('[data-rule-text]').value.includes('did "Report Created" >= 1 times in 30 days')`)
		b.shot("segment-build-" + x.language)

		// What is wrong is marked where it is, and mended.
		b.retype(`input[name="r2.days"]`, "900")
		b.until(`document.querySelector('input[name="r2.days"]').getAttribute('aria-invalid') === 'true'`)
		b.retype(`input[name="r2.days"]`, "60")
		b.until(`document.querySelector('[data-rule-text]').value.includes('in 60 days')`)

		// The text says the same, and is followed by the rows.
		b.eval(`document.querySelector('details.card').open = true`, nil)
		b.retype(`[data-rule-text]`, `plan is "pro" andd seats > 3`)
		b.until(`document.querySelector('#builder-text mark')?.textContent === 'andd'`)
		if got := b.text("#builder-text .form-error"); !strings.Contains(got, x.wrong) {
			t.Errorf("in %s the text is refused with %q", x.language, got)
		}
		b.retype(`[data-rule-text]`, `plan is "pro" and people >= 2 who (did * >= 1 times in 28 days)`)
		b.until(`document.querySelectorAll('.rule-row').length === 5 && !document.querySelector('#builder-text .form-error')`)
		var stays bool
		b.eval(`window.stays === true`, &stays)
		if !stays {
			t.Error("the page was loaded again while building")
		}
		b.eval(`document.documentElement.dataset.old = 'yes'; true`, nil)
		b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierCtrl)))
		b.until(`document.documentElement.dataset.old !== 'yes' && document.readyState === 'complete'`)
		b.drawn()
		if got := b.text(".flash"); got != x.saved {
			t.Errorf("saving says %q", got)
		}
		b.shot("segment-" + x.language)
	}
	// It narrows another page down.
	b.choose("en", "light")
	b.open("/revenue")
	b.do(chromedp.Click(".controls details:nth-child(3) summary", chromedp.ByQuery))
	b.until(`document.querySelector('select[name=segment] option[value="pro-readers"]') !== null`)
	b.do(chromedp.SetValue(`select[name=segment]`, "pro-readers", chromedp.ByQuery))
	b.follow(`form:has(option[value="pro-readers"]) button`)
	if got := b.text(".chip.on"); got != "In Pro readers" {
		t.Errorf("the page is narrowed down to %q", got)
	}
	b.fits("/revenue of a segment")
}

// retype types over what is in a field.
func (b *browser) retype(selector, text string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`document.querySelector(%q).value = ''`, selector), nil)
	b.do(chromedp.SendKeys(selector, text, chromedp.ByQuery))
}
