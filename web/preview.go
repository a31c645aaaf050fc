package web

import (
	"context"
	"net/http"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// preview is what headline figures would be under a setting that is not saved.
type preview struct {
	Period string
	Rows   []previewRow
	// Note says what is particular to the setting; "" for nothing.
	Note lang.Text
}

type previewRow struct {
	Title, Now, Then, Gap, Reason string
	// Changed tells that the figure would be another one, or none.
	Changed bool
}

// patience is how long a preview may take.
const patience = 20 * time.Second

// previewSetting shows the form again with what was typed, and what it would
// change. It saves nothing.
func (s *server) previewSetting(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	p, x, err := s.settingPage(v)
	if err != nil {
		return err
	}
	body, err := x.body(v.r.PostForm)
	var then metric.Settings
	if err == nil {
		then, err = metric.ReadSettingsWith(v.r.Context(), s.Store, x.name, body)
	}
	if r, ok := v.refuse(err); ok {
		return s.settingRefused(v, r)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), patience)
	defer cancel()
	tried, err := s.Metrics.Try(ctx, x.name, then)
	if err != nil {
		return err
	}
	p.Fields, p.Tried = v.r.PostForm, &preview{}
	if x.name == metric.ActivationName {
		p.Tried.Note = lang.Text("Here the criterion judges everybody; once saved, it judges those who begin from then on.")
	}
	p.Tried.Rows = v.triedAll(tried)
	for _, t := range tried {
		if t.Now.Period.Days() > 0 {
			p.Tried.Period = v.p.Period(t.Now.Period, farol.Monthly)
		}
	}
	if err := s.strangers(v, &p); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "setting_"+p.Setting.Name, "layout", p)
}

// triedAll writes the figures of a preview: what changes stands above what does
// not.
func (v *visit) triedAll(list []metric.Tried) []previewRow {
	changed, same := []previewRow{}, []previewRow{}
	for _, t := range list {
		if row := v.tried(t); row.Changed {
			changed = append(changed, row)
		} else {
			same = append(same, row)
		}
	}
	return append(changed, same...)
}

// tried writes one figure of a preview.
func (v *visit) tried(t metric.Tried) previewRow {
	now, then := scale{v.p, t.Metric.Unit, t.Was}, scale{v.p, t.Metric.Unit, t.Is}
	row := previewRow{Title: t.Metric.Title.In(v.p.Code()), Now: now.text(t.Now.Value), Then: then.text(t.Then.Value)}
	row.Changed = !t.Late && (t.Was != t.Is || !sameValue(t.Now.Value, t.Then.Value))
	switch a, b := t.Now.Value, t.Then.Value; {
	case t.Late:
		row.Reason = v.p.T("took too long to try")
	case t.Was != t.Is:
		row.Reason = v.p.T("another currency")
	case sameValue(a, b):
		row.Reason = v.p.T("no difference")
	case a != nil && b != nil:
		row.Gap = now.gap(*b - *a)
	}
	return row
}
