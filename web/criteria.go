package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// criteriaHref is the page of the criteria besides the main one.
const criteriaHref = "/activation/criteria"

// criteriaPage lists them, above the form of a new one.
type criteriaPage struct {
	settingPage
	Rows []criterionLine
}

type criterionLine struct {
	settingLine
	// Called is what people call it, Rule the criterion in few words.
	Called, Rule, Href string
}

func (s *server) criteria(v *visit) error {
	p, err := s.criteriaPage(v)
	if err != nil {
		return err
	}
	p.Fields = fieldsOf(metric.Activation{WindowDays: metric.Defaults().Activation.WindowDays})
	return s.send(v, http.StatusOK, "criteria", "layout", p)
}

func (s *server) criteriaPage(v *visit) (criteriaPage, error) {
	p := criteriaPage{settingPage: settingPage{shell: v.shell(lang.Text("Activation criteria")), Action: criteriaHref}}
	p.Question = v.p.T("By which other criteria is activation judged, beside the main one?")
	p.Crumb = &crumb{v.p.T("Activation"), "/activation"}
	authors, err := s.writers(v)
	if err != nil {
		return p, err
	}
	list, err := metric.ReadCriteria(v.r.Context(), s.Store)
	for _, d := range list {
		line := criterionLine{settingLine: settingLine{Name: d.Name, Version: d.Version, Author: v.author(authors, d.Author), Created: p.When(d.Created)}}
		var a metric.Activation
		if err := read(d.Body, &a); err != nil {
			return p, err
		}
		line.Called, line.Rule, line.Href = calledCriterion(d.Name, a), v.rule(a), criteriaHref+"/"+d.Name
		p.Rows = append(p.Rows, line)
	}
	return p, err
}

// calledCriterion is what people call the criterion.
func calledCriterion(name string, a metric.Activation) string {
	if a.Title == "" {
		return name
	}
	return a.Title
}

// addCriterion makes a criterion, named after its title.
func (s *server) addCriterion(v *visit) error {
	a, err := v.criterion()
	name := slug(a.Title)
	if err == nil && name == "" {
		err = farol.InvalidField("title", "Give it a name.")
	}
	if err == nil {
		var d store.Definition
		d, err = s.Store.Definition(v.r.Context(), metric.CriterionKind, name)
		var was metric.Activation
		switch {
		case farol.KindOf(err) == farol.NotFound:
			err = nil
		case err == nil && read(d.Body, &was) == nil && !was.Retired:
			err = farol.InvalidField("title", "There is a criterion of this name.")
		}
		if err == nil {
			// One that was deleted comes back as the next version.
			_, err = metric.PutCriterion(v.r.Context(), s.Store, name, a, &d.Version, string(v.member.ID))
		}
	}
	if r, ok := v.refuse(err); ok {
		p, err := s.criteriaPage(v)
		if err != nil {
			return err
		}
		p.Fields, p.refusal = v.r.PostForm, r.shown("name", "title")
		return s.send(v, http.StatusUnprocessableEntity, "criteria", "layout", p)
	}
	if err != nil {
		return err
	}
	s.Saved(v.r.Context())
	return v.done(criteriaHref, "saved")
}

// criterion reads the posted form.
func (v *visit) criterion() (metric.Activation, error) {
	if err := v.form(); err != nil {
		return metric.Activation{}, err
	}
	return criterionForm(v.r.PostForm, false)
}

// slug is a name for the address: small letters and digits with dashes.
func slug(title string) string {
	plain := strings.NewReplacer("á", "a", "à", "a", "â", "a", "ã", "a", "é", "e", "ê", "e", "í", "i", "ó", "o", "ô", "o", "õ", "o", "ú", "u", "ü", "u", "ç", "c")
	var b strings.Builder
	for _, r := range plain.Replace(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := b.String()
	return strings.TrimSuffix(s[:min(len(s), 60)], "-")
}

// criterionPage prepares the form of the criterion that the address names.
func (s *server) criterionPage(v *visit) (settingPage, error) {
	p := settingPage{Fixed: true, Action: criteriaHref + "/" + url.PathEscape(v.r.PathValue("name"))}
	d, err := s.Store.Definition(v.r.Context(), metric.CriterionKind, v.r.PathValue("name"))
	if err != nil {
		return p, err
	}
	authors, err := s.writers(v)
	if err != nil {
		return p, err
	}
	var a metric.Activation
	if err := read(d.Body, &a); err != nil {
		return p, err
	}
	p.shell = v.shell("")
	p.Title = calledCriterion(d.Name, a)
	p.Question = v.p.T("What must somebody have done, how often, and within how many days?")
	p.Crumb = &crumb{v.p.T("Activation criteria"), criteriaHref}
	p.Setting = settingLine{Name: d.Name, Version: d.Version, Author: v.author(authors, d.Author), Created: p.When(d.Created)}
	p.Fields, err = criterionFields(d.Body, v.company)
	return p, err
}

func (s *server) showCriterion(v *visit) error {
	p, err := s.criterionPage(v)
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "criterion", "layout", p)
}

func (s *server) saveCriterion(v *visit) error {
	a, err := v.criterion()
	if err == nil {
		err = s.changeCriterion(v, func(name string, base *int, author string) (store.Definition, error) {
			return metric.PutCriterion(v.r.Context(), s.Store, name, a, base, author)
		})
	}
	return s.criterionDone(v, err, v.r.URL.Path)
}

// removeCriterion supersedes it by a version that is no longer used.
func (s *server) removeCriterion(v *visit) error {
	err := v.form()
	if err == nil {
		err = s.changeCriterion(v, func(name string, base *int, author string) (store.Definition, error) {
			return metric.RetireCriterion(v.r.Context(), s.Store, name, base, author)
		})
	}
	return s.criterionDone(v, err, criteriaHref)
}

// changeCriterion makes another version of one that there is.
func (s *server) changeCriterion(v *visit, do func(name string, base *int, author string) (store.Definition, error)) error {
	name := v.r.PathValue("name")
	if _, err := s.Store.Definition(v.r.Context(), metric.CriterionKind, name); err != nil {
		return err
	}
	var seen *int
	if base, wrong := strconv.Atoi(v.r.PostForm.Get("base")); wrong == nil {
		seen = &base
	}
	_, err := do(name, seen, string(v.member.ID))
	return err
}

func (s *server) criterionDone(v *visit, err error, to string) error {
	if r, ok := v.refuse(err); ok {
		p, err := s.criterionPage(v)
		if err != nil {
			return err
		}
		p.Fields, p.refusal = v.r.PostForm, r.shown("name", "title")
		return s.send(v, http.StatusUnprocessableEntity, "criterion", "layout", p)
	}
	if err != nil {
		return err
	}
	s.Saved(v.r.Context())
	return v.done(to, "saved")
}

func (s *server) criterionVersions(v *visit) error {
	p, err := s.criterionPage(v)
	if err != nil {
		return err
	}
	return s.sendVersions(v, versionsPage{shell: p.shell}, p.Action, metric.CriterionKind, p.Setting.Name)
}
