package web

import (
	"context"
	"slices"
	"testing"
)

// Every page that is made beforehand is one, and can be made with and without
// facts.
func TestWarm(t *testing.T) {
	for _, path := range warmed {
		if !slices.ContainsFunc(routes, func(rt route) bool { return rt.pattern == "GET "+path }) {
			t.Errorf("%s is no page", path)
		}
	}
	for _, s := range []*site{open(t), busy(t)} {
		if err := s.handler.(*Site).Warm(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
