package web

import (
	"net/http"
	"net/url"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// featurePage is who stands behind a row of the features.
type featurePage struct {
	shell
	// Summary says of whom and when, Limits who has the feature, "" for all.
	Summary, Limits string
	Rows            []featurePersonRow
	// First and Next lead to other pages, "" to none.
	First, Next string
}

type featurePersonRow struct {
	Who, In     who
	Days, Times string
	Adopted     bool
}

func (s *server) feature(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	name := v.r.URL.Query().Get("feature")
	if s.Facts.LastKnown().IsZero() {
		return farol.Errorf(farol.NotFound, "Nothing has happened yet")
	}
	in := v.r.URL.Query()
	after := in.Get("after")
	got, next, err := s.Metrics.FeaturePeople(v.r.Context(), look.lookAt(), name, rowsShown, after)
	if err != nil {
		return err
	}
	p := featurePage{shell: v.shell("")}
	p.Title, p.Question, p.View = name, v.p.T("Who has this feature, and who uses it?"), look
	p.Crumb = &crumb{v.p.T("Adoption"), look.Link("/adoption")}
	p.extra = url.Values{"feature": {name}}
	p.Summary = v.p.T("%s eligible people on %s, those who use it most first.", v.p.Number(float64(got.Total), 0), v.p.Date(got.Day))
	p.Limits = limitsOf(v, got.Feature)
	names, err := s.called(v, metric.People, unitsOf(got.People, func(x metric.FeaturePerson) string { return x.Person }))
	if err != nil {
		return err
	}
	for _, x := range got.People {
		p.Rows = append(p.Rows, featurePersonRow{
			Who: names.person(x.Person), In: accountWho(x.Account), Adopted: x.Adopted, Days: v.p.Number(float64(x.Days), 0), Times: v.p.Number(float64(x.Times), 0),
		})
	}
	if err := call(s, v, p.Rows, func(r *featurePersonRow) []*who { return []*who{&r.Who, &r.In} }); err != nil {
		return err
	}
	if in.Del("after"); after != "" {
		p.First = v.r.URL.Path + "?" + in.Encode()
	}
	if next != "" {
		in.Set("after", next)
		p.Next = v.r.URL.Path + "?" + in.Encode()
	}
	return s.send(v, http.StatusOK, "feature", "layout", p)
}
