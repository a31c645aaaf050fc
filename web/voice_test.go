package web

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// voices is what the accounts said, asked and brought in the half year: surveys
// sent, bounced and answered, tickets, leads, trials and referrals.
func (h *recorder) voices(account farol.AccountID, a int, begin time.Time) {
	say := func(name string, at time.Time, user int, properties map[string]any) {
		h.add(farol.Track, name, at, account, farol.PersonID(fmt.Sprintf("user-%02d-%d", a, user)), properties)
	}
	lead := map[string]any{"lead": fmt.Sprintf("lead-%d", a), "channel": []string{"event", "content"}[a%2]}
	h.add(farol.Track, "Lead Created", begin.AddDate(0, 0, -5), "", "", lead)
	h.add(farol.Track, "Lead Qualified", begin.AddDate(0, 0, -4), "", "", lead)
	h.add(farol.Track, "Lead Converted", begin, "", "", map[string]any{"lead": lead["lead"], "account": string(account)})
	say("Trial Started", begin, 0, map[string]any{"trial_end": begin.AddDate(0, 0, 7).Format(time.RFC3339)})
	say("Referral Sent", begin.AddDate(0, 0, 20), 0, map[string]any{"referral": fmt.Sprintf("ref-%d", a), "invitee_email": fmt.Sprintf("zoe-%d@x.example", a/2)})
	if a == 2 {
		say("Referral Converted", begin.AddDate(0, 0, 22), 0, map[string]any{"referral": "ref-2", "account": "acct-05"})
	}
	for n := range 3 {
		at := begin.AddDate(0, 0, 10+30*n)
		if !at.Before(today.AddDate(0, 0, -2)) {
			break
		}
		survey, ticket := fmt.Sprintf("q%d", n), fmt.Sprintf("t-%d-%d", a, n)
		say("Survey Sent", at, 0, map[string]any{"survey": survey, "kind": "csat"})
		switch (a + n) % 3 {
		case 0:
			say("Survey Answered", at.Add(time.Hour), 0, map[string]any{"survey": survey, "kind": "csat", "score": 1 + (a+n)%5, "comment": "<b>caro</b> & lento"})
		case 1:
			say("Survey Bounced", at.Add(time.Hour), 0, map[string]any{"survey": survey})
		}
		say("Survey Answered", at.Add(2*time.Hour), 1, map[string]any{"survey": "effort", "kind": "ces", "score": 2 + (a+n)%6})
		say("Survey Answered", at.Add(2*time.Hour), 1, map[string]any{"survey": "old", "kind": "ces", "score": 1 + (a+n)%5, "scale": 5})
		say("Survey Answered", at.Add(3*time.Hour), 1, map[string]any{"survey": "after", "kind": "nps", "score": 5 + (a+n)%6, "relation": "transactional"})
		say("Ticket Opened", at, 0, map[string]any{"ticket": ticket, "subject": "It does not load", "topic": "bug"})
		say("Ticket Solved", at.Add(time.Duration(4+a)*time.Hour), 0, map[string]any{"ticket": ticket})
		if a == 4 {
			say("Ticket Reopened", at.AddDate(0, 0, 2), 0, map[string]any{"ticket": ticket})
		}
	}
}

// The page says how content customers are, draws the answers and the trend,
// and shows what they wrote as text and nothing else.
func TestVoicePage(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/voice?by=plan").is(200)
		a.says("header.head p", map[lang.Code]string{lang.English: "How content are our customers", lang.Portuguese: "O quanto os nossos clientes"}[code])
		a.has("[data-chart]", 2).has(".stat", len(voiceCards)+1+len(ticketCards)).has("table tbody tr", -1)
		c := a.chart("score-data")
		total := 0.0
		for _, v := range c.Series[0].Values {
			total += *v
		}
		// Eight answered q1, with scores 4 to 10 and 4 again.
		if len(c.Ticks) != 11 || total != 8 || *c.Series[0].Values[4] != 2 || !strings.Contains(c.Series[0].Links[4], "score=4") {
			t.Errorf("distribution: %+v", c)
		}
		a.says("main", "Basic").says("main", "Pro").has(`td .tag`, -1)
		a.has(`a[href="/voice/answers"]`, -1).has(`nav a[aria-current="page"][href="/voice"]`, 1)
		b := s.get(who, "/voice/answers?kind=csat&commented=yes").is(200).says("tbody", "<b>caro</b> & lento")
		b.has("tbody b", 0).has(`tbody a[href^="/customers/"]`, -1)
		s.get(as{role: store.Viewer, code: code, fragment: true}, "/voice/answers?score=4").is(200).has("tbody tr", 2).has("html head link", 0)
		s.get(who, "/voice/answers?score=4&kind=ces&relation=employee").is(200).has("tbody tr", 0)
	})
	csv := s.get(admin, "/voice/answers.csv?kind=csat").is(200)
	if lines := strings.Split(strings.TrimSpace(csv.body), "\n"); !strings.HasPrefix(lines[0], "at,account,person") || len(lines) < 5 {
		t.Errorf("CSV: %s", csv.body)
	}
	for path, want := range map[string]int{"/voice/answers?score=x": 400, "/voice/answers?kind=x": 400, "/voice/answers?after=x": 400, "/voice?as_of=x": 400} {
		if got := s.get(admin, path).status; got != want && got != 422 {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := csvText("=1+1"); got != "'=1+1" {
		t.Errorf("a formula stays one: %s", got)
	}
}

// The board has five stages, opens to the accounts of each, and says what is
// incomplete.
func TestLifecyclePage(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.Viewer, code: code}
		a := s.get(who, "/lifecycle?period=12m&within=60&by=plan").is(200)
		a.says("header.head p", map[lang.Code]string{lang.English: "How far do new accounts get", lang.Portuguese: "Até onde chegam as contas novas"}[code])
		a.has(".stage", 5).has(".stage .spark", -1).has("tr.open-period", -1).has(`a[href*="stage=paying"][data-drawer]`, -1)
		a.has(`a[href*="within=60"]`, -1)
		// Everybody in the first 8 began 60 days ago or more, and all of them pay.
		if got := strings.TrimSpace(a.doc.Find(".stage .big").Eq(3).Text()); got != "9" {
			t.Errorf("%s accounts pay", got)
		}
		list := s.get(as{role: store.Viewer, code: code, fragment: true}, "/lifecycle/accounts?period=12m&stage=paying&all=yes").is(200)
		list.has("tbody tr", 10).has("tbody .tag", 3).has(`tbody a[href="/customers/acct-00"]`, 1)
		s.get(who, "/lifecycle/accounts?period=12m&stage=referring&missed=yes&within=60").is(200).has("tbody tr", -1)
		s.get(who, "/lifecycle/accounts?period=7d&stage=paying").is(200).has("tbody tr", 0)
		s.get(who, "/lifecycle?period=7d").is(200).has(".flash", 1)
		// Every figure opens as many accounts as it counts.
		cells := map[string]bool{}
		a.doc.Find(`main a[href^="/lifecycle/accounts"]:not([href*="missed="]):not([download])`).Each(func(_ int, link *goquery.Selection) {
			href, _ := link.Attr("href")
			n, err := strconv.Atoi(link.Text())
			if err != nil { // a share says on hover of how many it is
				counted, _ := link.Closest("div[title], td[title]").Attr("title")
				counted, _, _ = strings.Cut(counted, " ")
				if n, err = strconv.Atoi(counted); err != nil {
					t.Fatal(href, err)
				}
			}
			if !cells[href] {
				cells[href] = true
				s.get(as{role: store.Viewer, code: code, fragment: true}, href).is(200).has("tbody tr", n)
			}
		})
		if next := a.doc.Find(`.stage a[href*="stage=retained"][href*="then=paying"]`).Length(); next != 1 {
			t.Errorf("%d links to those who went on", next)
		}
		if len(cells) < 14 {
			t.Errorf("%d figures open", len(cells))
		}
	})
	csv := s.get(admin, "/lifecycle/accounts.csv?period=12m&all=yes").is(200)
	if lines := strings.Split(strings.TrimSpace(csv.body), "\n"); lines[0] != "account,acquired,activated,retained,paying,referring,whole_time_passed" || len(lines) != 11 {
		t.Errorf("CSV: %s", csv.body)
	}
	for _, path := range []string{"/lifecycle?within=x", "/lifecycle?within=3", "/lifecycle/accounts?stage=no", "/lifecycle/accounts?then=no"} {
		if got := s.get(admin, path).status; got != 400 && got != 422 {
			t.Errorf("%s: %d", path, got)
		}
	}
}

func TestVoiceAndLifecycleOfNothing(t *testing.T) {
	s := staffed(t)
	both(t, func(t *testing.T, code lang.Code) {
		for _, path := range []string{"/voice", "/lifecycle"} {
			s.get(as{role: store.Viewer, code: code}, path).is(200).has("main svg.lamp", 1).has(`main a[href="/sources"]`, 1)
		}
	})
}
