package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

func (s *server) progressOperations() {
	register(s, team, huma.Operation{OperationID: "list-progress", Method: http.MethodGet, Path: "/progress", Tags: []string{"progress"},
		Summary:     "Long computations under way",
		Description: "Such as the first history, the one after a new version of a setting, or a large restatement. Reads never wait for them: what is not kept yet is computed when it is asked for."}, s.listProgress)
}

// Work is a long computation.
type Work struct {
	Name    string    `json:"name"`
	What    string    `json:"what" doc:"What is computed just now: of history the metric's name."`
	Done    int       `json:"done"`
	Total   int       `json:"total"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen" doc:"When it was last heard of."`
}

type listProgressOutput struct {
	Body struct {
		Works []Work `json:"works" nullable:"false"`
	}
}

func (s *server) listProgress(ctx context.Context, _ *struct{}) (*listProgressOutput, error) {
	list, err := s.Store.Progress(ctx)
	out := &listProgressOutput{}
	out.Body.Works = []Work{}
	for _, p := range list {
		out.Body.Works = append(out.Body.Works, Work(p))
	}
	return out, err
}
