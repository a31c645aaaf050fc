package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/truth"
)

func (s *server) truthOperations() {
	register(s, team, huma.Operation{OperationID: "get-truth", Method: http.MethodGet, Path: "/truth", Tags: []string{"demo"},
		Summary: "How well Farol recovers what was planted in the demo company", Errors: []int{404},
		Description: "Only for a demo. What is counted must be equal to what was planted; what is estimated has a 95 % interval, which must hold it about 95 times in 100. The first answer takes seconds."}, s.getTruth)
}

type getTruthOutput struct {
	Body struct {
		truth.Report
		Coverage truth.Coverage `json:"coverage" doc:"How often the intervals held over many made-up companies, as measured with this build's last run."`
	}
}

func (s *server) getTruth(ctx context.Context, _ *struct{}) (*getTruthOutput, error) {
	if s.Truth == nil {
		return nil, farol.Errorf(farol.NotFound, "only the demo company has a planted truth")
	}
	r, err := s.Truth.Report(ctx)
	if err != nil {
		return nil, err
	}
	out := &getTruthOutput{}
	out.Body.Report, out.Body.Coverage = *r, truth.Measured()
	return out, nil
}
