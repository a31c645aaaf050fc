package web

import (
	"context"
	"slices"
	"testing"
)

// Every page that is made beforehand is one, and can be made with and without
// facts; one that cannot is named, and the others are made all the same.
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
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := busy(t).handler.(*Site).Warm(ctx); err == nil {
		t.Error("pages are made of facts that are not read")
	}
}
