package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/farol-cs/farol/metric"
)

// Tried is a figure as it is and as it would be.
type Tried struct {
	Metric     string   `json:"metric"`
	Period     string   `json:"period" format:"date" doc:"First day of the last month that is over."`
	Now        *float64 `json:"now"`
	Then       *float64 `json:"then" doc:"Under the document sent."`
	Difference *float64 `json:"difference" doc:"then less now; null when either is, or the currencies differ."`
	Late       bool     `json:"late" doc:"Whether it took too long to try."`
}

type previewOutput struct {
	Body struct {
		Figures []Tried `json:"figures" nullable:"false"`
	}
}

// tryAtMost is how long a preview may take.
const tryAtMost = 20 * time.Second

func (s *server) previewSetting(ctx context.Context, in *struct {
	Name string `path:"name"`
	Body json.RawMessage
}) (*previewOutput, error) {
	then, err := metric.ReadSettingsWith(ctx, s.Store, in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryAtMost)
	defer cancel()
	list, err := s.Metrics.Try(ctx, in.Name, then)
	out := &previewOutput{}
	out.Body.Figures = []Tried{}
	for _, t := range list {
		x := Tried{Metric: t.Metric.Name, Period: t.Now.Period.From.String(), Now: t.Now.Value, Then: t.Then.Value, Late: t.Late}
		if x.Now != nil && x.Then != nil && t.Was == t.Is {
			d := *x.Then - *x.Now
			x.Difference = &d
		}
		out.Body.Figures = append(out.Body.Figures, x)
	}
	return out, err
}
