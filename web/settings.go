package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// setting is one setting of the metrics as a form. A new one is a file
// setting_NAME.go with its entry, setting_NAME.html with the block "fields",
// and a line in settingForms.
type setting struct {
	// name is that of the definition and of the form's page.
	name  string
	title lang.Text
	// question is the line under the title: what the setting decides.
	question lang.Text
	// fields turns a body (nil for the defaults) into text fields.
	fields func(body json.RawMessage, c company) (url.Values, error)
	// body reads the document from the form; errors are Invalid and name the
	// field.
	body func(f url.Values) (any, error)
	// before is done before a version is saved, and may refuse it; nil does
	// nothing.
	before func(s *server, ctx context.Context, body any) error
}

// settingForms lists the settings in the page's order.
var settingForms = []*setting{
	&companySetting, &conventionsSetting, &activeSetting, &activationSetting, &featuresSetting, &holidaysSetting, &exclusionsSetting, &reasonsSetting,
}

// settingOf is the form of that name.
func settingOf(name string) (*setting, error) {
	for _, x := range settingForms {
		if x.name == name {
			return x, nil
		}
	}
	return nil, farol.Errorf(farol.NotFound, "There is no such setting.")
}

// settingTitle names a setting for people, also one that has no form.
func settingTitle(name string) lang.Text {
	if x, err := settingOf(name); err == nil {
		return x.title
	}
	return formless[name]
}

// settingHref leads to the form of a setting.
func settingHref(name string) string {
	if _, err := settingOf(name); err != nil {
		return "/settings"
	}
	return "/settings/" + name
}

// formless names the settings that have no form yet.
var formless = map[string]lang.Text{}

// settingsPage lists the settings.
type settingsPage struct {
	shell
	Rows []settingLine
}

// settingLine is a setting with the version in force.
type settingLine struct {
	Name     string
	Title    lang.Text
	Question lang.Text
	// Version in force; 0 is the default.
	Version int
	// Author and Created say who made it and when; "" for the default.
	Author, Created string
}

// settingPage is the form of one setting.
type settingPage struct {
	shell
	refusal
	Setting settingLine
	// Action is the address that the form is sent to.
	Action string
	// Fixed tells that the form has no preview.
	Fixed  bool
	Zones  []string
	Fields url.Values
	// Tried is what the figures would be with what was typed; nil when nobody
	// asked.
	Tried *preview
	// Strangers are ids left out that nobody has so far, between commas.
	Strangers string
}

// Get is a field's text.
func (p settingPage) Get(name string) string { return p.Fields.Get(name) }

func (s *server) settings(v *visit) error {
	p := settingsPage{shell: v.shell(lang.Text("Settings"))}
	p.Question = v.p.T("What do the numbers mean here? Every change is a new version, and a figure says which one it was made with.")
	authors, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, x := range settingForms {
		line, _, err := s.settingLine(v, x, authors)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, line)
	}
	return s.send(v, http.StatusOK, "settings", "layout", p)
}

// settingsCSV is every version of every setting, the default as version 0.
func (s *server) settingsCSV(v *visit) error {
	authors, err := s.writers(v)
	if err != nil {
		return err
	}
	out := v.csv("settings.csv")
	write(out, []string{"setting", "title", "version", "changed", "by", "body"})
	for _, x := range settingForms {
		list, err := s.Store.DefinitionVersions(v.r.Context(), metric.SettingKind, x.name)
		if err != nil && farol.KindOf(err) != farol.NotFound {
			return err
		}
		if len(list) == 0 {
			write(out, []string{x.name, v.p.Text(x.title), "0", "", "", ""})
		}
		for _, d := range list {
			write(out, []string{x.name, v.p.Text(x.title), strconv.Itoa(d.Version), d.Created.UTC().Format(time.RFC3339), v.author(authors, d.Author), string(d.Body)})
		}
	}
	out.Flush()
	return nil
}

// settingLine reads the version in force; the definition is empty for the
// default.
func (s *server) settingLine(v *visit, x *setting, authors map[string]string) (settingLine, store.Definition, error) {
	line := settingLine{Name: x.name, Title: x.title, Question: x.question}
	d, err := s.Store.Definition(v.r.Context(), metric.SettingKind, x.name)
	if farol.KindOf(err) == farol.NotFound {
		return line, store.Definition{}, nil
	}
	if err != nil {
		return line, d, err
	}
	line.Version, line.Author, line.Created = d.Version, v.author(authors, d.Author), v.shell("").When(d.Created)
	return line, d, nil
}

// showSetting is the form with what is in force.
func (s *server) showSetting(v *visit) error {
	p, _, err := s.settingPage(v)
	if err == nil {
		err = s.strangers(v, &p)
	}
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "setting_"+p.Setting.Name, "layout", p)
}

// settingPage prepares the form that the address names.
func (s *server) settingPage(v *visit) (settingPage, *setting, error) {
	p := settingPage{Zones: commonZones}
	x, err := settingOf(v.r.PathValue("name"))
	if err != nil {
		return p, nil, err
	}
	p.shell = v.shell(x.title)
	p.Question = v.p.Text(x.question)
	p.Crumb = &crumb{v.p.T("Settings"), "/settings"}
	authors, err := s.writers(v)
	if err != nil {
		return p, x, err
	}
	line, d, err := s.settingLine(v, x, authors)
	if err != nil {
		return p, x, err
	}
	p.Setting, p.Action = line, "/settings/"+x.name
	p.Fields, err = x.fields(d.Body, v.company)
	return p, x, err
}

// author names who made a version: a member, the program, or an API token,
// which some know by its name and others by its id.
func (v *visit) author(writers map[string]string, id string) string {
	if name, ok := strings.CutPrefix(id, tokenAuthor); ok {
		return v.p.T("API token %s", cmp.Or(writers[id], name))
	}
	return writers[id]
}

// read decodes a body that may be missing.
func read(body json.RawMessage, to any) error {
	if len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, to)
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
	if err := v.form(); err != nil {
		return err
	}
	x, err := settingOf(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	body, err := x.body(v.r.PostForm)
	if err == nil && x.before != nil {
		err = x.before(s, v.r.Context(), body)
	}
	if err == nil {
		draft := store.Draft{Kind: metric.SettingKind, Name: x.name, Body: body, Author: string(v.member.ID)}
		if base, wrong := strconv.Atoi(v.r.PostForm.Get("base")); wrong == nil {
			draft.Base = &base
		}
		_, err = s.Store.Define(v.r.Context(), draft)
	}
	if r, ok := v.refuse(err); ok {
		return s.settingRefused(v, r)
	}
	if err != nil {
		return err
	}
	s.Saved(v.r.Context())
	return v.done("/settings/"+x.name, "saved")
}

// settingRefused shows the form again with what was typed and what is wrong.
func (s *server) settingRefused(v *visit, r refusal) error {
	p, _, err := s.settingPage(v)
	if err != nil {
		return err
	}
	p.Fields, p.refusal = v.r.PostForm, r
	return s.send(v, http.StatusUnprocessableEntity, "setting_"+p.Setting.Name, "layout", p)
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
	x, err := settingOf(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	return s.sendVersions(v, versionsPage{shell: v.shell(x.title)}, "/settings/"+x.name, metric.SettingKind, x.name)
}

// sendVersions lists the versions of a definition; back leads to its form.
func (s *server) sendVersions(v *visit, p versionsPage, back, kind, name string) error {
	p.Question = cmp.Or(p.Question, v.p.T("Which versions has this setting had? A version never changes once made."))
	p.Crumb = &crumb{p.Title, back}
	list, err := s.Store.DefinitionVersions(v.r.Context(), kind, name)
	if err != nil && farol.KindOf(err) != farol.NotFound {
		return err
	}
	authors, err := s.writers(v)
	if err != nil {
		return err
	}
	for _, d := range list {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(d.Body); err != nil {
			return err
		}
		text := b.String()
		if kind == metric.SettingKind && name == metric.ConventionsName {
			text = settingText(v.p, text)
		}
		p.Rows = append(p.Rows, versionRow{d.Version, v.author(authors, d.Author), p.When(d.Created), text})
	}
	slices.SortFunc(p.Rows, func(a, b versionRow) int { return b.Version - a.Version })
	return s.send(v, http.StatusOK, "versions", "layout", p)
}
