package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// stageRulesPage is the form of the stages and their rules.
type stageRulesPage struct {
	shell
	refusal
	Rows     []stageField
	HandDays string
	Version  int
	// Author and Made say who made the version in force; "" for the default.
	Author, Made string
	// Tried tells that the rules were counted.
	Tried bool
	May   bool
}

// stageField is a stage as the form has it.
type stageField struct {
	Index                                         int
	Name, Title, Target, Stuck, Enter, Exit, From string
	EnterWords, ExitWords                         string
	EnterCount, ExitCount                         string
	Known                                         string
	TitleError, EnterError, ExitError             string
	NameError, TargetError, StuckError, FromError string
	Placeholder                                   string
	New                                           bool
}

func (s *server) stageRules(v *visit) error {
	doc, version, err := customer.ReadStages(v.r.Context(), s.Store)
	if err != nil {
		return err
	}
	return s.showStageRules(v, http.StatusOK, doc, version, refusal{}, false)
}

func (s *server) showStageRules(v *visit, status int, doc customer.Stages, version int, r refusal, try bool) error {
	p := stageRulesPage{shell: v.shell(lang.Text("Stages and rules")), refusal: r, Version: version, HandDays: strconv.Itoa(doc.HandDays), Tried: try, May: leaders.allows(v.member.Role)}
	p.Question = v.p.T("Which stages does a customer go through, what brings them in and out, and how long is too long?")
	p.Crumb = &crumb{v.p.T("Customer stages"), "/stages"}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	if version > 0 {
		d, err := s.Store.Definition(v.r.Context(), customer.StagesKind, customer.StagesName)
		if err != nil {
			return err
		}
		p.Author, p.Made = v.author(n.members, d.Author), p.When(d.Created)
	}
	env, err := s.ruleEnv(v)
	if err != nil {
		return err
	}
	book, err := v.segments(v.r.Context())
	if err != nil {
		return err
	}
	titles := n.titles(v.p, book)
	if sight.Of(v.r.Context()).Hides(sight.Money) {
		titles.Number = nil // plain, as the rule has it
	}
	for i, x := range doc.List {
		row := stageField{Index: i, Name: x.Name, Title: x.Title, Target: days(x.TargetDays), Stuck: days(x.StuckDays), Enter: x.Enter, Exit: x.Exit,
			From: strings.Join(x.From, ", "), Known: x.Name, Placeholder: n.stage(x.Name)}
		row.errors(r)
		for _, rule := range []struct {
			text         string
			words, count *string
		}{{x.Enter, &row.EnterWords, &row.EnterCount}, {x.Exit, &row.ExitWords, &row.ExitCount}} {
			if err := s.sayRule(v, titles, env, rule.text, try, rule.words, rule.count); err != nil {
				return err
			}
		}
		p.Rows = append(p.Rows, row)
	}
	if p.May {
		p.Rows = append(p.Rows, stageField{Index: len(p.Rows), New: true})
	}
	return s.send(v, status, "stage_rules", "layout", p)
}

func days(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// errors puts what was refused beside the field: "stages[2].enter".
func (f *stageField) errors(r refusal) {
	rest, ok := strings.CutPrefix(r.Field, "stages["+strconv.Itoa(f.Index)+"].")
	if !ok {
		return
	}
	for name, into := range map[string]*string{"name": &f.NameError, "title": &f.TitleError, "enter": &f.EnterError, "exit": &f.ExitError,
		"target_days": &f.TargetError, "stuck_days": &f.StuckError, "from": &f.FromError} {
		if rest == name || strings.HasPrefix(rest, name+".") {
			*into = r.Wrong
		}
	}
}

func (s *server) ruleEnv(v *visit) (segment.Env, error) {
	env, err := customer.RuleEnv(v.r.Context(), s.Store, s.Metrics.Catalogue())
	env.AsOf = v.company.calendar().Today(v.now)
	return env, err
}

// sayRule puts a rule into words, and counts whom it holds for today.
func (s *server) sayRule(v *visit, titles segment.Titles, env segment.Env, text string, count bool, words, counted *string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	r, err := segment.ParseText(text)
	if err != nil {
		return nil // the field says what is wrong
	}
	*words = r.Words(v.p, titles)
	if !count {
		return nil
	}
	many, err := segment.Count(v.r.Context(), s.Facts, r, env)
	if farol.KindOf(err) == farol.Invalid {
		*counted = v.wrong(err)
		return nil
	}
	*counted = v.p.N(int(many), "%d customer today", "%d customers today")
	return err
}

// stagesForm reads the form. A stage without a name and a title is left out.
// All is read also when something is wrong, so that nothing typed is lost.
func stagesForm(f url.Values) (customer.Stages, error) {
	var out customer.Stages
	var wrong error
	number := func(field, text string) int {
		n, err := strconv.Atoi(cmp.Or(strings.TrimSpace(text), "0"))
		if err != nil && wrong == nil {
			wrong = farol.InvalidField(field, "This is not a number of days.")
		}
		return n
	}
	out.HandDays = number("hand_days", f.Get("hand_days"))
	for i := range f["title"] {
		at := func(key string) string {
			if i < len(f[key]) {
				return strings.TrimSpace(strings.ReplaceAll(f[key][i], "\r\n", "\n"))
			}
			return ""
		}
		x := customer.Stage{Name: at("name"), Title: at("title"), Enter: at("enter"), Exit: at("exit"), From: commas(at("from"))}
		if x.Name == "" && x.Title == "" || slices.Contains(f["gone"], strconv.Itoa(i)) {
			continue
		}
		if x.Name == "" {
			x.Name = slug(x.Title)
			x.Name = strings.TrimSuffix(x.Name[:min(len(x.Name), 40)], "-")
		}
		place := "stages[" + strconv.Itoa(len(out.List)) + "]."
		x.TargetDays, x.StuckDays = number(place+"target_days", at("target_days")), number(place+"stuck_days", at("stuck_days"))
		out.List = append(out.List, x)
	}
	if wrong != nil {
		return out, wrong
	}
	// What was moved up goes before its neighbour.
	if i, err := strconv.Atoi(f.Get("up")); err == nil && i > 0 && i < len(out.List) {
		out.List[i-1], out.List[i] = out.List[i], out.List[i-1]
	}
	return out, out.Check()
}

func (s *server) saveStageRules(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	doc, err := stagesForm(f)
	base, _ := strconv.Atoi(f.Get("version"))
	if err == nil && f.Get("do") == "save" {
		_, err = s.Store.Define(ctx, store.Draft{Kind: customer.StagesKind, Name: customer.StagesName, Body: doc, Author: string(v.member.ID), Base: &base})
		if err == nil {
			s.Saved(ctx)
			return v.done("/stages/rules", "saved")
		}
	}
	if err == nil {
		return s.showStageRules(v, http.StatusOK, doc, base, refusal{}, true)
	}
	if r, ok := v.refuse(err); ok {
		return s.showStageRules(v, http.StatusUnprocessableEntity, doc, base, r, false)
	}
	return err
}

func (s *server) stageVersions(v *visit) error {
	return s.sendVersions(v, versionsPage{shell: v.shell(lang.Text("Stages and rules"))}, "/stages/rules", customer.StagesKind, customer.StagesName)
}
