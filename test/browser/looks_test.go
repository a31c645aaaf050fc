package browser_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
)

// word is a name as long as names may be, without a place to break it.
var word = strings.Repeat("Zusammenschreibung", 12)[:200]

// unbroken sends what a customer is and does whose every name is the word.
func (s *site) unbroken(source farol.SourceID) facts.Batch {
	b := facts.Batch{}
	for i, x := range []struct {
		kind  farol.Kind
		name  string
		since time.Duration
		says  map[string]any
	}{
		{farol.Group, "", 900 * time.Hour, map[string]any{"name": word, "plan": word}},
		{farol.Identify, "", 900 * time.Hour, map[string]any{"name": word, "email": word[:60] + "@example.com"}},
		{farol.Track, "Subscription Started", 800 * time.Hour, map[string]any{"subscription": word, "mrr": 5, "currency": "BRL", "plan": word, "product": word}},
		{farol.Track, word, time.Hour, map[string]any{word: word}},
		{farol.Track, "Ticket Opened", 90 * time.Hour, map[string]any{"ticket": word, "subject": word, "topic": word, "channel": word, "assignee": word}},
		{farol.Track, "Survey Answered", 80 * time.Hour, map[string]any{"survey": word, "kind": "nps", "score": 3, "comment": word}},
	} {
		says, err := json.Marshal(x.says)
		s.check(err)
		b.Events = append(b.Events, farol.Event{
			ID: fmt.Sprint("word-", i), Source: source, Kind: x.kind, Name: x.name, At: time.Now().UTC().Add(-x.since),
			Account: farol.AccountID(word), User: farol.PersonID(word), Properties: says,
		})
	}
	return b
}

// narrow wants that the page fits a phone: it is no wider than the window, and
// no table scrolls because of a word that could have been broken.
func (b *browser) narrow(page string) {
	b.t.Helper()
	b.size(390, 844)
	defer b.size(1440, 900)
	b.fits(page)
	var wide string
	if b.eval(wideBoxes, &wide); wide != "" {
		b.t.Errorf("%s: a table scrolls because of a word: %s", page, wide)
	}
}

// wideBoxes lists the tables that scroll less far when their long words are cut.
const wideBoxes = `[...document.querySelectorAll('.table-box')].filter((box) => {
	const before = box.scrollWidth, undo = [];
	if (before <= box.clientWidth + 1) return false;
	const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const n = texts.currentNode;
		if (/\S{28}/.test(n.data)) { undo.push([n, n.data]); n.data = n.data.replace(/\S{28,}/g, (m) => m.slice(0, 14)); }
	}
	const after = box.scrollWidth;
	for (const [n, data] of undo) n.data = data;
	return after < before - 1;
}).map((box) => box.scrollWidth + ' ' + [...box.querySelectorAll('thead th')].map((h) => h.textContent.trim()).join('|')).join('\n')`

// translated wants that no text of a page in Portuguese is one that has a
// translation. A text of one word may be a name.
func (b *browser) translated(page string) {
	b.t.Helper()
	var texts []string
	b.eval(visibleTexts, &texts)
	p := lang.For(lang.Portuguese)
	for _, x := range texts {
		if strings.Contains(x, " ") && p.T(x) != x {
			b.t.Errorf("%s is in Portuguese, but for %q", page, x)
		}
	}
}

const visibleTexts = `(() => {
	const out = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), own = 'script, style, pre, code, .mono, .written, [lang]';
	while (texts.nextNode()) if (!texts.currentNode.parentElement.closest(own)) out.add(texts.currentNode.data.trim().replace(/\s+/g, ' '));
	for (const e of document.querySelectorAll('body [title], body [aria-label], body [placeholder]')) for (const a of ['title', 'aria-label', 'placeholder']) if (e.hasAttribute(a)) out.add(e.getAttribute(a).trim());
	return [...out];
})()`
