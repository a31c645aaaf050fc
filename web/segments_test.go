package web

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// followed is a lived-in site of its own with a segment of each kind.
func followed(t *testing.T) *site {
	t.Helper()
	s := staffed(t)
	s.live()
	for _, x := range [][2]string{
		{"pros", `plan is "Pro"`}, {"users", `did "Report Created" >= 1 times in 7 days`}, {"both", `segment pros and segment users`}, {"nobody", `plan is "Gold"`},
		{"owned", `$owner.csm is known or $stage is "adoption" or $tag.key is "true" or metric mrr changed by >= 10 in 7 days`},
	} {
		name, text := x[0], x[1]
		r, err := segment.ParseText(text)
		s.check(err)
		_, err = s.segments().Put(context.Background(), name, segment.Document{Title: strings.ToUpper(name[:1]) + name[1:], Description: "Why " + name, Rule: r}, nil, "system")
		s.check(err)
	}
	return s
}

func (s *site) segments() *customer.Segments {
	return &customer.Segments{Store: s.store, Facts: s.facts, Metrics: s.metrics.Catalogue(), Now: func() time.Time { return today }, Log: slog.New(slog.DiscardHandler)}
}

func TestSegments(t *testing.T) {
	s := followed(t)
	both(t, func(t *testing.T, code lang.Code) {
		who := as{role: store.CSM, code: code}
		s.get(who, "/segments").is(200).has("tbody tr", 5).has(`a[href="/segments/new"]`, 1)
		s.get(who, "/segments/both").is(200).has(`form[action="/segments/both/remove"]`, 1).has(`.menu-body a[href="/revenue?segment=both"]`, 1)
		s.get(who, "/segments/both/edit").is(200).has(".rule-row", 3)
		s.get(who, "/segments/new").is(200).has(".rule-row", 2)
	})
	s.get(admin, "/segments").says("tbody", "Plan is “Pro”").says("tbody", "is in the segment “Pros” and is in the segment “Users”").says("tbody", "Why both")
	s.get(admin, "/segments/pros").has("table[data-rows] tbody tr", 5).says(".head-figures", "Customers5").says("main", "It is named by Both").has(`p[lang="pt-BR"]`, 1)
	s.get(admin, "/segments/both").says("main", "It names Pros, Users")
	s.get(admin, "/segments/nobody").says(".nothing", "Nobody is in this segment")
	s.get(admin, "/segments/nobody?tab=history").says(".nothing", "Nobody has come or gone yet")
	s.get(admin, "/segments/pros?tab=history").has("tbody tr", 5).says("tbody", "in it from the start")
	s.get(admin, "/segments/pros?offset=3").has("table[data-rows] tbody tr", 2).has(`.pager a[href="/segments/pros"]`, 1)
	s.get(admin, "/segments/pros?offset=x").is(400)
	csm := as{role: store.CSM}
	s.post(csm, "/watch", "segment", "pros", "back", "/segments/pros").leadsTo("/segments/pros?done=saved")
	s.get(csm, "/segments/pros").says(".chip.on", "You watch this segment")
	s.get(admin, "/segments/none").is(404)
	s.get(admin, "/segments/pros/versions").is(200).says("main", "Why pros")
	if csv := s.get(admin, "/segments/pros/members.csv").is(200); strings.Count(csv.body, "\n") != 6 || !strings.HasPrefix(csv.body, "id,name,stage") {
		t.Errorf("the file of members: %.200s", csv.body)
	}
	if csv := s.get(admin, "/segments/pros/history.csv").is(200); strings.Count(csv.body, ",entered,") != 5 {
		t.Errorf("the file of moves: %.200s", csv.body)
	}
	states, err := s.store.SegmentStates(t.Context())
	s.check(err)
	older := states["pros"]
	older.Began = older.Began.AddDate(0, 0, -2)
	s.check(s.store.SaveSegmentState(t.Context(), older))
	if got := s.get(admin, "/segments/pros").chart("segment-data"); len(got.Series) != 1 || len(got.Series[0].Values) != 3 || *got.Series[0].Values[0] != 0 || *got.Series[0].Values[2] != 5 {
		t.Errorf("the drawing: %+v", got.Series)
	}
	empty := staffed(t)
	empty.get(admin, "/segments").is(200).says(".nothing", "No segments yet")
	empty.get(admin, "/values?of=segments").is(200).says("body", "There are no segments yet")
}

// A segment narrows pages down, now, on the day, and to who is not in it.
func TestSegmentFilter(t *testing.T) {
	s := followed(t)
	s.get(admin, "/values?of=segments").is(200).has(`option[value="pros"]`, 1).has(`option[value="-pros"]`, 1).has(`option[value="$segment.pros=true"]`, 1)
	mrr := func(segment string) string {
		t.Helper()
		return s.get(admin, "/metrics/mrr?period=28d&segment="+url.QueryEscape(segment)).is(200).text(".stat .value, .big")
	}
	all := s.get(admin, "/metrics/mrr?period=28d").is(200).text(".stat .value, .big")
	in, out, then := mrr("pros"), mrr("-pros"), mrr("$segment.pros=true")
	if in == all || in == out || in != then {
		t.Errorf("MRR of all %q, in %q, not in %q, in on the day %q", all, in, out, then)
	}
	s.get(admin, "/?segment=pros").is(200).says(".chip.on", "In Pros")
	s.get(admin, "/?segment=-pros").is(200).says(".chip.on", "Not in Pros")
	s.get(admin, "/?segment=$segment.pros%3Dtrue&segment=now:plan%3DPro").is(200).says(".chip.on", "In Pros on the day · Plan now = Pro")
	s.get(admin, "/?segment=$segment.pros%3Dfalse").is(200).says(".chip.on", "Not in Pros on the day").has(`.menu-body a.item[href="/"]`, -1)
	s.get(admin, "/?segment=nosuch").is(400)
	s.get(admin, "/?segment=No+such!").is(400)
	for _, path := range []string{"/retention", "/churn", "/lifecycle", "/engagement", "/activation", "/adoption", "/revenue", "/voice", "/stages", "/tickets"} {
		s.get(admin, path+"?segment=pros").is(200).says(".chip.on", "In Pros")
	}
	s.get(admin, "/customers?where=segment.pros%3Dtrue").is(200).has("table[data-rows] tbody tr", 5).has(`[data-part] option[value="segment.pros"]`, 1)
	s.get(admin, "/customer-values?column=segment.pros").is(200).has(`option[value="false"]`, 1)
	s.get(admin, "/stages?segment=pros").says(".stage .big", "5").has(`.stage a[href*="segment.pros%3Dtrue"]`, -1)
	outside := s.get(admin, "/customers?where=segment.pros%3Dfalse").is(200).text(".totals strong")
	if all := s.get(admin, "/customers").text(".totals strong"); outside == all || outside == "5 customers" {
		t.Errorf("%s outside, of %s", outside, all)
	}
	s.check(s.facts.UpdateRoster(t.Context()))
	everybody, theirs := s.get(admin, "/people").is(200).text("table.people tfoot"), s.get(admin, "/people?segment=pros").is(200).text("table.people tfoot")
	if everybody == theirs || theirs == "" {
		t.Errorf("%q people in the segment, %q in all", theirs, everybody)
	}
	s.get(admin, "/people?segment=pros&account=acct-01").is(200)
	s.get(admin, "/people?segment=nosuch").is(400)
}

// The builder does what its buttons say, counts, and saves.
func TestBuildSegment(t *testing.T) {
	s := followed(t)
	csm := as{role: store.CSM}
	fragment := as{role: store.CSM, code: lang.English, fragment: true}
	base := []string{"title", "Readers", "name", "", "base", "0", "text_was", "all ()", "text", "all ()", "r0.kind", "all", "r0.depth", "0"}
	try := func(who as, more ...string) *answer {
		t.Helper()
		return s.post(who, "/segments/try", append(append([]string{}, base...), more...)...)
	}
	did := []string{"r1.kind", "did", "r1.depth", "1", "r1.name", "Report Created", "r1.op", ">=", "r1.number", "2", "r1.days", "30"}
	for kind, rows := range map[string]int{"attribute": 2, "metric": 2, "did": 2, "segment": 2, "any": 3, "people": 4} {
		try(fragment, "do", "add 0 "+kind, "part", "rows").is(200).has(".rule-row", rows).has("[autofocus]", 1).has("#builder-look", 1)
	}
	a := try(fragment, append(did, "part", "look")...).is(200).has("#builder-rows", 0).has("#builder-look .sample li", -1)
	a.says("#builder-look", "has done “Report Created” at least 2 times in the last 30 days").says("#builder-look", "fez “Report Created” pelo menos 2 vezes")
	a.says("#builder-text textarea", `did "Report Created" >= 2 times in 30 days`)
	try(csm, append(did, "do", "add 1 property")...).is(200).has(".rule-row", 3).has(".skip", 1) // a page, without a script
	property := append(append([]string{}, did...), "r2.kind", "property", "r2.depth", "2", "r2.name", "pages", "r2.op", ">=", "r2.number", "many")
	try(fragment, append(property, "part", "rows")...).is(200).has(".rule-wrong", 1).has(`input[name="r2.number"][aria-invalid="true"]`, 1).says("#builder-look", "Must be a number")
	try(fragment, append(append([]string{}, property...), "do", "remove 2", "part", "rows")...).has(".rule-row", 2).has(".rule-wrong", 0)
	attribute := []string{"r1.kind", "attribute", "r1.depth", "1", "r1.name", "plan", "r1.op", "is", "r1.value", "Pro"}
	try(fragment, append(attribute, "do", "value 1", "part", "rows")...).has(`input[name="r1.value"]`, 2)
	try(fragment, "r1.kind", "metric", "r1.depth", "1", "r1.name", "nosuch", "r1.op", ">=", "r1.number", "3", "part", "rows").has(`select[name="r1.name"][aria-invalid="true"]`, 1)
	try(fragment, "r1.kind", "segment", "r1.depth", "1", "r1.name", "gone", "part", "rows").says(".rule-wrong", "There is no segment")
	try(fragment, "r1.kind", "attribute", "r1.depth", "1", "r1.name", "renewal", "r1.op", "in days", "r1.number", "-3", "r1.until", "9").has(`input[name="r1.until"]`, 1)
	try(fragment, "r1.kind", "attribute", "r1.depth", "1", "r1.name", "renewal", "r1.op", "next", "r1.number", "9").says("#builder-look", "lies within 9 days from today")
	try(csm, "r1.kind", "nonsense", "r1.depth", "1").is(400)

	// The text counts when it was changed, and what is wrong is shown in it.
	text := func(v string) *answer {
		t.Helper()
		return s.post(fragment, "/segments/try", "by", "text", "text", v, "text_was", "all ()", "r0.kind", "all", "r0.depth", "0", "part", "rows")
	}
	text(`plan is "Pro" or people >= 2 who (role is "x" and did * >= 1 times in 7 days)`).is(200).has(".rule-row", 6).has("#builder-text .form-error", 0)
	text(`plan is "Pro" andd`).says("#builder-text mark", "andd").has(`textarea[aria-invalid="true"][data-from="14"]`, 1).says("#builder-look", "Mend the text")
	text(`plan is "Pro" and did "x" >= 2 times in 500 days`).says("#builder-text mark", `did "x" >= 2 times in 500 days`)
	text(`plan is "<script>alert(1)</script>"`).says("#builder-look", "<script>")

	s.post(csm, "/segments", append(append([]string{}, base...), did...)...).leadsTo("/segments/readers?done=segment")
	s.get(csm, "/segments/readers?done=segment").is(200).says(".flash", "The segment was saved.").has("table[data-rows] tbody tr", -1)
	s.post(csm, "/segments", append(append([]string{}, base...), did...)...).is(422).says(".form-error", "There is a segment of this name")
	s.post(csm, "/segments", base...).is(422).says("#builder-look", "add a condition")
	s.post(csm, "/segments", append(append([]string{}, base...), property...)...).is(422).has(".rule-wrong", 1)
	s.get(csm, "/segments/new?from=readers").is(200).says("h1", "New segment").has(`input[name=title][value="Copy of Readers"]`, 1)
	s.get(csm, "/segments/new?from=gone").is(404)
	s.get(csm, "/segments/new?text=plan+is+%22Pro%22").is(200).has(".rule-row", 2)
	s.post(csm, "/segments/readers", "title", "Readers of reports", "base", "1", "text_was", "x", "text", `did "Report Created" >= 3 times in 30 days`, "r0.kind", "all", "r0.depth", "0").leadsTo("/segments/readers?done=segment")
	s.post(csm, "/segments/readers", "title", "Again", "base", "1", "text_was", "x", "text", `did * >= 3 times in 30 days`, "r0.kind", "all", "r0.depth", "0").is(422).says("main", "Somebody changed this meanwhile")
	s.post(csm, "/segments/pros/remove", "base", "1").is(422).says(".flash.wrong", "It is used by: Both")
	s.post(csm, "/segments/readers/remove").leadsTo("/segments?done=segment-gone")
	s.get(csm, "/segments/readers").is(404)
	s.post(csm, "/segments", append(append([]string{}, base...), did...)...).leadsTo("/segments/readers?done=segment")
	s.post(as{role: store.Viewer}, "/segments/try", base...).is(403)
	s.get(as{role: store.Viewer}, "/segments").is(200).has(`a[href="/segments/new"]`, 0)
}

// What exists is suggested.
func TestSuggestions(t *testing.T) {
	s := followed(t)
	ask := func(what, of, event string) *answer {
		t.Helper()
		return s.get(admin, "/segments/suggest?"+url.Values{"what": {what}, "of": {of}, "event": {event}}.Encode()).is(200)
	}
	ask("attribute", "", "").has(`option[value="plan"]`, 1).has(`option[value="$owner.csm"]`, 1).has(`option[value="created_at"]`, 1)
	ask("value", "plan", "").has(`option[value="Pro"]`, 1)
	ask("value", "$stage", "").has(`option[value="onboarding"]`, 1)
	ask("value", "$owner.csm", "").says("option", "Ana CSM")
	ask("event", "", "").has(`option[value="Report Created"]`, 1).has(`option[value="*"]`, 1)
	ask("property", "", "Report Created").has(`option[value="pages"]`, 1)
	ask("property-value", "pages", "Report Created").has(`option[value="1"]`, 1)
	ask("person-attribute", "", "").has(`option[value="role"]`, 1)
	ask("person-value", "role", "").says(`option[value="decision_maker"]`, "Decision maker")
	s.get(admin, "/segments/suggest?what=secrets").is(400)
}

// A segment that could not be evaluated says so.
func TestSegmentTrouble(t *testing.T) {
	s := followed(t)
	states, err := s.store.SegmentStates(t.Context())
	s.check(err)
	bad := states["pros"]
	bad.Error = "the engine was away"
	s.check(s.store.SaveSegmentState(t.Context(), bad))
	s.check(s.store.DeleteSegmentState(t.Context(), "users"))
	s.get(admin, "/segments").says("tbody", "could not be evaluated").says("tbody", "not looked at yet")
	s.get(admin, "/segments/pros").says(".flash.wrong", "the engine was away")
	s.get(admin, "/segments/users").says("main", "Nobody has looked at it yet")
	log, _, err := s.facts.MarkLog(t.Context(), facts.MarkQuery{Trait: segment.Trait("pros")})
	if err != nil || len(log) != 5 {
		t.Errorf("%d marks, %v", len(log), err)
	}
}
