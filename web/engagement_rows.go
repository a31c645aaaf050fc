package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// bucketPage lists who was active on so many days.
type bucketPage struct {
	shell
	What             string
	Rows             []unitRow
	Next, First, CSV string
	// Drawer tells that the block is shown at the side of the page.
	Drawer bool
}

// bucketQuery reads which bucket is asked for.
func (s *server) bucketQuery(v *visit) (q engagementQuery, k int, err error) {
	if q, err = s.engagementQuery(v); err != nil {
		return q, 0, err
	}
	if k, err = strconv.Atoi(v.r.URL.Query().Get("bucket")); err != nil {
		return q, 0, farol.InvalidField("bucket", "must be a number of days or weeks")
	}
	return q, k, nil
}

func (s *server) bucket(v *visit) error {
	q, k, err := s.bucketQuery(v)
	if err != nil {
		return err
	}
	r := q.request(v)
	after := v.r.URL.Query().Get("after")
	rows, next, err := s.Metrics.HistogramRows(v.r.Context(), r, k, rowsShown, after)
	if err != nil {
		return err
	}
	names, err := s.called(v, q.of, unitsOf(rows, rowUnit))
	if err != nil {
		return err
	}
	n := len(q.look.Cal.Cut(r.Grain, r.Period))
	p := bucketPage{shell: v.shell(lang.Text("Who is behind it")), Drawer: v.fragment()}
	p.View, p.Crumb = q.look, &crumb{v.p.T("Engagement"), q.link("/engagement")}
	p.What = q.bucketTitle(v.p, k, n) + " · " + v.p.Range(r.Period)
	for _, row := range rows {
		p.Rows = append(p.Rows, unitRow{Who: names.unit(q.of, row.Unit), In: inWho(q.of, row.Account), Events: q.events(row, r.Period)})
	}
	if err := call(s, v, p.Rows, (*unitRow).cells); err != nil {
		return err
	}
	at := strconv.Itoa(k)
	if after != "" {
		p.First = q.link("/engagement/bucket", "bucket", at)
	}
	if next != "" {
		p.Next = q.link("/engagement/bucket", "bucket", at, "after", next)
	}
	p.CSV = q.link("/engagement/bucket.csv", "bucket", at)
	block := "layout"
	if p.Drawer {
		block = "bucket"
	}
	return s.send(v, http.StatusOK, "engagement_bucket", block, p)
}

// events leads to what the unit did in the range.
func (q engagementQuery) events(row metric.Row, in farol.Period) string {
	out := url.Values{"from": {in.From.String()}, "until": {in.Last().String()}}
	if q.of == metric.Accounts {
		out.Set("account", row.Unit)
	} else {
		out.Set("person", row.Unit)
	}
	if !q.look.Known.IsZero() {
		out.Set("known", q.look.given.Get("known"))
	}
	return "/events?" + out.Encode()
}

// bucketCSV is every unit of the bucket.
func (s *server) bucketCSV(v *visit) error {
	q, k, err := s.bucketQuery(v)
	if err != nil {
		return err
	}
	rows, after, err := s.Metrics.HistogramRows(v.r.Context(), q.request(v), k, metric.MaxRows, "")
	if err != nil {
		return err
	}
	out := v.csv("engagement-" + strconv.Itoa(k) + ".csv")
	write(out, []string{"unit", "name", "account", "intervals"})
	for {
		names, err := s.called(v, q.of, unitsOf(rows, rowUnit))
		if err != nil {
			s.breakOff(v, err)
		}
		for _, r := range rows {
			write(out, []string{r.Unit, names.unit(q.of, r.Unit).Name, r.Account, plain(&r.Numerator)})
		}
		if after == "" {
			break
		}
		if rows, after, err = s.Metrics.HistogramRows(v.r.Context(), q.request(v), k, metric.MaxRows, after); err != nil {
			s.breakOff(v, err)
		}
	}
	out.Flush()
	return nil
}

func (s *server) histogramCSV(v *visit) error {
	q, err := s.engagementQuery(v)
	if err != nil {
		return err
	}
	h, err := s.Metrics.Histogram(v.r.Context(), q.request(v))
	if err != nil {
		return err
	}
	out := v.csv("histogram.csv")
	write(out, []string{"intervals", "units", "joined", "at_least"})
	for _, b := range h.Buckets {
		write(out, []string{strconv.Itoa(b.Intervals), strconv.FormatInt(b.Units, 10), strconv.FormatInt(b.Joined, 10), strconv.FormatInt(b.AtLeast, 10)})
	}
	out.Flush()
	return nil
}

func (s *server) lifecycleCSV(v *visit) error {
	q, err := s.engagementQuery(v)
	if err != nil {
		return err
	}
	l, err := s.lifecycle(v, q)
	if err != nil {
		return err
	}
	out := v.csv("lifecycle.csv")
	write(out, []string{"period", "until", "new", "returning", "resurrected", "dormant", "active", "before", "complete", "reason"})
	for _, p := range l.Points {
		write(out, []string{
			p.Period.From.String(), p.Period.Last().String(), plain(p.New), plain(p.Returning), plain(p.Resurrected), plain(p.Dormant),
			plain(p.Active), plain(p.Before), strconv.FormatBool(p.Complete), string(p.Reason),
		})
	}
	out.Flush()
	return nil
}
