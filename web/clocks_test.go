package web

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// without reads from docs/clocks.md which paths take no clocks or no segment.
func without(t *testing.T, title, what string) func(path string) bool {
	t.Helper()
	b, err := os.ReadFile("../docs/clocks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(b), "## "+title+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	var listed []string
	for _, line := range strings.Split(part, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.Contains(cells[2], what) {
			for _, x := range strings.Split(cells[1], ",") {
				listed = append(listed, strings.Trim(x, " `"))
			}
		}
	}
	if len(listed) < 20 {
		t.Fatalf("the document lists only %d", len(listed))
	}
	return func(path string) bool {
		for _, x := range listed {
			if begin, ok := strings.CutSuffix(x, "*"); path == x || ok && strings.HasPrefix(path, begin) {
				return true
			}
		}
		return false
	}
}

// pageNeeds are the parameters that pages need to show anything.
var pageNeeds = map[string]string{
	"/engagement/bucket": "bucket=1", "/engagement/bucket.csv": "bucket=1", "/adoption/feature": "feature=Report+Created", "/figures.csv": "of=%2Frevenue", "/retention/members": "cohort=2026-01-05&column=0", "/retention/members.csv": "cohort=2026-01-05&column=0",
	"/customers/{id}/history": "attribute=plan", "/customers/{id}/part": "part=head",
}

// looked walks the pages that are not listed.
func (p *portfolio) looked(t *testing.T, what string, do func(path, filled string)) {
	skip := without(t, "Pages without", what)
	for _, r := range routes {
		path, ok := strings.CutPrefix(strings.TrimSuffix(r.pattern, "{$}"), "GET ")
		if !ok || skip(path) {
			continue
		}
		filled := path
		switch {
		case strings.HasPrefix(path, "/glossary/"):
			filled = "/glossary/churn"
		case strings.HasPrefix(path, "/knowledge/"):
			filled = strings.Replace(path, "{id}", p.article, 1)
		default:
			filled, _ = p.fillPath(t, path)
		}
		do(path, filled+"?"+pageNeeds[path]+"&")
	}
}

// Every page takes both clocks, or the document says why it does not: a day
// that cannot be read is refused, and a past one is said.
func TestClocksEverywhere(t *testing.T) {
	p := guarded(t)
	p.writeArticle()
	p.looked(t, "clocks", func(path, filled string) {
		for _, wrong := range []string{"as_of", "known"} {
			if a := p.get(admin, filled+wrong+"=yesterday"); a.status != http.StatusBadRequest || !strings.Contains(a.body, "yesterday") {
				t.Errorf("%s with %s=yesterday answered %d", path, wrong, a.status)
			}
		}
		a := p.get(admin, filled+"as_of=2026-03-19")
		switch {
		case nothingThere(path, a): // none is set
		case a.status == http.StatusNotFound && strings.Contains(path, "{id}"): // it was not there then
		case a.status == http.StatusFound:
			if !strings.Contains(a.header.Get("Location"), "as_of=2026-03-19") {
				t.Errorf("%s leads to %s", path, a.header.Get("Location"))
			}
		case a.status != http.StatusOK:
			t.Errorf("%s of a past day answered %d: %s", path, a.status, p.log)
			p.log.Reset()
		case strings.Contains(a.body, "<html") && !strings.Contains(a.body, "You see Mar 19, 2026"):
			t.Errorf("%s does not say that it shows the past", path)
		}
	})
}

// Every page takes a segment, or the document says why it does not: one that
// is not there is refused, and nothing is shown of who is not in it.
func TestSegmentEverywhere(t *testing.T) {
	p := guarded(t)
	p.writeArticle()
	told := 0
	p.looked(t, "segment", func(path, filled string) {
		if a := p.get(admin, filled+"segment=nosuch"); a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
			t.Errorf("%s of a segment that is not there answered %d", path, a.status)
		}
		const one = "segment=account%3Dacct-01"
		a := p.get(admin, filled+one)
		if a.status != http.StatusOK && !strings.Contains(path, "{id}") && !nothingThere(path, a) {
			t.Errorf("%s of a segment answered %d: %s", path, a.status, p.log)
			p.log.Reset()
		}
		if found := shown(a, "?"+one); found != "" {
			t.Errorf("%s shows who is not in the segment: …%s…", path, found)
		}
		if shown(p.get(admin, filled), "") != "" {
			told++
		}
	})
	if told < 5 {
		t.Errorf("only %d pages have something to leave out", told)
	}
}

// nothingThere tells of an answer that there is no feature, or no version, to
// tell of.
func nothingThere(path string, a *answer) bool {
	return a.status == http.StatusBadRequest && (strings.Contains(a.body, "There is no feature") || path == "/metrics/{name}/versions.csv")
}
