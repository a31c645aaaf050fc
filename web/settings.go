package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// settingsPage holds one form per setting.
type settingsPage struct {
	shell
	Zones []string
	Forms map[string]*settingForm
}

// settingForm is a setting as text fields, with the version it came from.
type settingForm struct {
	Name    string
	Fields  url.Values
	Version int
	// Author and Created say who made the version and when; "" for defaults.
	Author, Created string
	// Field and Wrong say what could not be saved.
	Field, Wrong string
}

// Get is a field's text.
func (f *settingForm) Get(name string) string { return f.Fields.Get(name) }

// Error is what is wrong with a field, "" for nothing.
func (f *settingForm) Error(field string) string {
	if f.Field == field {
		return f.Wrong
	}
	return ""
}

// Rows are the activation events as pairs of fields, with empty ones to fill.
func (f *settingForm) Rows() []metric.CriterionDocument {
	rows := criteriaForm(f.Fields)
	for len(rows) < 3 || rows[len(rows)-1].Name != "" {
		rows = append(rows, metric.CriterionDocument{Min: 1})
	}
	return rows
}

// settingNames lists the settings in the page's order.
var settingNames = []string{metric.CompanyName, metric.ActiveName, metric.ActivationName, metric.ExclusionsName}

func (s *server) settings(v *visit) error {
	p, err := s.settingsPage(v)
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "settings", "layout", p)
}

func (s *server) settingsPage(v *visit) (settingsPage, error) {
	p := settingsPage{shell: v.shell(lang.Text("Settings")), Zones: commonZones, Forms: map[string]*settingForm{}}
	p.Question = v.p.T("What do the numbers mean here? Every change is a new version, and a figure says which one it was made with.")
	authors, err := s.authors(v)
	if err != nil {
		return p, err
	}
	for _, name := range settingNames {
		f := &settingForm{Name: name}
		d, err := s.Store.Definition(v.r.Context(), metric.SettingKind, name)
		switch {
		case err == nil:
			f.Version, f.Author, f.Created = d.Version, authors[d.Author], p.When(d.Created)
		case farol.KindOf(err) != farol.NotFound:
			return p, err
		}
		if f.Fields, err = fieldsOf(name, d.Body, v.company); err != nil {
			return p, fmt.Errorf("setting %s: %w", name, err)
		}
		p.Forms[name] = f
	}
	return p, nil
}

// authors maps the ids of members to their names.
func (s *server) authors(v *visit) (map[string]string, error) {
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return nil, err
	}
	out := map[string]string{"system": "Farol"}
	for _, m := range members {
		out[string(m.ID)] = m.Name
	}
	return out, nil
}

// fieldsOf turns a setting's body (nil for the defaults) into text fields.
func fieldsOf(name string, body json.RawMessage, c company) (url.Values, error) {
	f := url.Values{}
	switch name {
	case metric.CompanyName:
		f.Set("company", c.Name)
		f.Set("zone", c.Zone)
		f.Set("week_start", c.WeekStart)
		f.Set("currency", string(c.Currency))
		f.Set("company_language", c.Language)
		f.Set("rates", ratesText(c.Rates))
	case metric.ActiveName:
		a := metric.ActiveDocument{All: metric.Defaults().Active.All}
		if err := read(body, &a); err != nil {
			return nil, err
		}
		f.Set("count", map[bool]string{true: "all", false: "some"}[a.All])
		f.Set("events", strings.Join(a.Events, "\n"))
	case metric.ActivationName:
		a := metric.ActivationDocument{WindowDays: metric.Defaults().Activation.WindowDays}
		if err := read(body, &a); err != nil {
			return nil, err
		}
		for _, c := range a.Events {
			f.Add("event", c.Name)
			f.Add("min", strconv.Itoa(c.Min))
		}
		f.Set("at_least", strconv.Itoa(a.AtLeast))
		f.Set("window_days", strconv.Itoa(a.WindowDays))
	case metric.ExclusionsName:
		var x metric.ExclusionsDocument
		if err := read(body, &x); err != nil {
			return nil, err
		}
		f.Set("accounts", strings.Join(x.Accounts, "\n"))
		f.Set("people", strings.Join(x.People, "\n"))
	}
	return f, nil
}

// read decodes a body that may be missing.
func read(body json.RawMessage, to any) error {
	if len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, to)
}

func ratesText(rates map[farol.Currency]float64) string {
	var b strings.Builder
	for _, c := range slices.Sorted(maps.Keys(rates)) {
		fmt.Fprintf(&b, "%s %s\n", c, strconv.FormatFloat(rates[c], 'f', -1, 64))
	}
	return b.String()
}

// bodyOf reads a setting from its form.
func bodyOf(name string, f url.Values) (any, error) {
	switch name {
	case metric.CompanyName:
		return companyForm(f)
	case metric.ActiveName:
		a := metric.ActiveDocument{All: f.Get("count") != "some", Events: linesOf(f.Get("events"))}
		if !a.All && len(a.Events) == 0 {
			return nil, farol.InvalidField("events", "Name at least one event, or count all.")
		}
		return a, nil
	case metric.ActivationName:
		return activationForm(f)
	case metric.ExclusionsName:
		return metric.ExclusionsDocument{Accounts: linesOf(f.Get("accounts")), People: linesOf(f.Get("people"))}, nil
	}
	return nil, farol.Errorf(farol.NotFound, "There is no such setting.")
}

func activationForm(f url.Values) (metric.ActivationDocument, error) {
	a := metric.ActivationDocument{Events: criteriaForm(f)}
	var err error
	if a.WindowDays, err = strconv.Atoi(f.Get("window_days")); err != nil || a.WindowDays < 1 || a.WindowDays > 366 {
		return a, farol.InvalidField("window_days", "The window is between 1 and 366 days.")
	}
	seen := map[string]bool{}
	for _, c := range a.Events {
		if c.Min < 1 || seen[c.Name] {
			return a, farol.InvalidField("event", "Name each event once, with a count of 1 or more.")
		}
		seen[c.Name] = true
	}
	if a.AtLeast, err = strconv.Atoi(cmp.Or(f.Get("at_least"), "0")); err != nil || a.AtLeast < 0 || a.AtLeast > len(a.Events) {
		return a, farol.InvalidField("at_least", "At most as many as there are events; 0 is all of them.")
	}
	return a, nil
}

// criteriaForm reads the pairs of event and count that have a name.
func criteriaForm(f url.Values) []metric.CriterionDocument {
	var out []metric.CriterionDocument
	for i, name := range f["event"] {
		if name = strings.TrimSpace(name); name == "" || i >= len(f["min"]) {
			continue
		}
		n, _ := strconv.Atoi(f["min"][i]) // A count that is no number is 0, which is refused.
		out = append(out, metric.CriterionDocument{Name: name, Min: n})
	}
	return out
}

// linesOf lists the lines that hold something, each once.
func linesOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

func (s *server) saveSetting(v *visit) error {
	name := v.r.PathValue("name")
	if err := v.form(); err != nil {
		return err
	}
	body, err := bodyOf(name, v.r.PostForm)
	if c, ok := body.(company); ok && err == nil {
		err = s.cutDays(v.r.Context(), c)
	}
	if err == nil {
		draft := store.Draft{Kind: metric.SettingKind, Name: name, Body: body, Author: string(v.member.ID)}
		if base, wrong := strconv.Atoi(v.r.PostForm.Get("base")); wrong == nil {
			draft.Base = &base
		}
		_, err = s.Store.Define(v.r.Context(), draft)
	}
	switch farol.KindOf(err) {
	case "":
		s.Saved(v.r.Context())
		return v.done("/settings", "saved")
	case farol.Invalid, farol.Conflict:
		return s.settingRefused(v, name, err)
	}
	return err
}

// settingRefused shows the page again with what was typed and what is wrong.
func (s *server) settingRefused(v *visit, name string, err error) error {
	p, readErr := s.settingsPage(v)
	if readErr != nil {
		return readErr
	}
	f := p.Forms[name]
	f.Fields = v.r.PostForm
	f.Field, f.Wrong = fieldOf(err), v.wrong(err)
	return s.send(v, http.StatusUnprocessableEntity, "settings", "layout", p)
}

// versionsPage is the history of a setting, the newest version first.
type versionsPage struct {
	shell
	Rows []versionRow
}

type versionRow struct {
	Version         int
	Author, Created string
	// Body is the document, indented.
	Body string
}

func (s *server) versions(v *visit) error {
	name := v.r.PathValue("name")
	if !slices.Contains(settingNames, name) {
		return farol.Errorf(farol.NotFound, "There is no such setting.")
	}
	p := versionsPage{shell: v.shell(settingTitles[name])}
	p.Question = v.p.T("Which versions has this setting had? A version never changes once made.")
	p.Crumb = &crumb{v.p.T("Settings"), "/settings"}
	list, err := s.Store.DefinitionVersions(v.r.Context(), metric.SettingKind, name)
	if err != nil && farol.KindOf(err) != farol.NotFound {
		return err
	}
	authors, err := s.authors(v)
	if err != nil {
		return err
	}
	for _, d := range list {
		var b []byte
		if b, err = json.MarshalIndent(d.Body, "", "  "); err != nil {
			return err
		}
		p.Rows = append(p.Rows, versionRow{d.Version, authors[d.Author], p.When(d.Created), string(b)})
	}
	slices.SortFunc(p.Rows, func(a, b versionRow) int { return b.Version - a.Version })
	return s.send(v, http.StatusOK, "versions", "layout", p)
}

var settingTitles = map[string]lang.Text{
	metric.CompanyName:    lang.Text("Company"),
	metric.ActiveName:     lang.Text("Who counts as active"),
	metric.ActivationName: lang.Text("When a customer is activated"),
	metric.ExclusionsName: lang.Text("Who is left out"),

	metric.ConventionsName: lang.Text("Conventions"),
	metric.FeaturesName:    lang.Text("Features of the product"),
}
