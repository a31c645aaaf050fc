package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// articleVersionsPage is how an article changed.
type articleVersionsPage struct {
	shell
	ID       string
	Rows     []articleVersionRow
	From, To int
	Changes  []fieldChange
	Lines    []diffLine
	MayWrite bool
}

type articleVersionRow struct {
	store.ArticleVersion
	AuthorName, ReviewerName, Compare string
	Latest                            bool
}

type fieldChange struct{ Name, From, To string }

func (s *server) articleVersions(v *visit) error {
	look, err := v.clock()
	if err != nil {
		return err
	}
	ctx, id := v.r.Context(), v.r.PathValue("id")
	a, err := s.Store.ArticleAt(ctx, id, v.past)
	if err != nil {
		return err
	}
	list, err := s.Store.ArticleVersions(ctx, id)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x store.ArticleVersion) bool { return x.Version > a.Version })
	p := articleVersionsPage{shell: v.shell(""), ID: id, MayWrite: workers.allows(v.member.Role) && v.past.IsZero(), To: a.Version, From: max(1, a.Version-1)}
	p.Title, p.Question, p.Crumb = v.p.T("Versions of %s", a.Title), v.p.T("Who changed what, and who read it before it was published?"), &crumb{a.Title, look.Link("/knowledge/" + url.PathEscape(id))}
	p.View, p.extra = look, url.Values{}
	for _, k := range []string{"from", "to"} {
		if x := v.r.URL.Query().Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	who, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Rows = append(p.Rows, articleVersionRow{x, cmp.Or(who[x.Author], x.Author), cmp.Or(who[x.Reviewer], x.Reviewer),
			linkWith(fmt.Sprintf("/knowledge/%s/versions", url.PathEscape(id)), v.clocks, "from", strconv.Itoa(max(1, x.Version-1)), "to", strconv.Itoa(x.Version)), x.Version == a.Version})
	}
	for name, into := range map[string]*int{"from": &p.From, "to": &p.To} {
		if x := v.r.URL.Query().Get(name); x != "" {
			if *into, err = strconv.Atoi(x); err != nil {
				return farol.InvalidField(name, "must be a whole number")
			}
		}
	}
	from, err1 := s.Store.ArticleVersion(ctx, id, p.From)
	to, err2 := s.Store.ArticleVersion(ctx, id, p.To)
	if err := errors.Join(err1, err2); err != nil {
		return farol.Errorf(farol.NotFound, "there is no such version")
	}
	p.Lines = diff(from.Body, to.Body)
	for _, x := range []struct {
		title    lang.Text
		from, to string
	}{
		{lang.Text("Title"), from.Title, to.Title}, {lang.Text("Language"), lang.Code(from.Language).Name(), lang.Code(to.Language).Name()}, {lang.Text("Tags"), strings.Join(from.Tags, ", "), strings.Join(to.Tags, ", ")},
		{lang.Text("Topics"), strings.Join(from.Topics, ", "), strings.Join(to.Topics, ", ")}, {lang.Text("Features"), strings.Join(from.Features, ", "), strings.Join(to.Features, ", ")}, {lang.Text("Stages"), strings.Join(from.Stages, ", "), strings.Join(to.Stages, ", ")},
	} {
		if x.from != x.to {
			p.Changes = append(p.Changes, fieldChange{v.p.Text(x.title), cmp.Or(x.from, lang.None), cmp.Or(x.to, lang.None)})
		}
	}
	return s.send(v, http.StatusOK, "article_versions", "layout", p)
}

// diffLine is a line of a comparison: Mark is "+", "-" or "".
type diffLine struct{ Mark, Text string }

// maxDiff bounds the lines that are compared one by one.
const maxDiff = 2000

// diff compares two texts line by line by their longest common lines.
func diff(from, to string) []diffLine {
	a, b := strings.Split(from, "\n"), strings.Split(to, "\n")
	if len(a) > maxDiff || len(b) > maxDiff {
		a, b = []string{from}, []string{to}
	}
	// common[i][j] is how many lines a[i:] and b[j:] have in common.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out []diffLine
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, diffLine{"", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, diffLine{"-", a[i]})
			i++
		default:
			out = append(out, diffLine{"+", b[j]})
			j++
		}
	}
	return out
}
