package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/farol-cs/farol/store"
)

type tokenCmd struct {
	Add tokenAddCmd `cmd:"" help:"Make an API token; it is the last line printed and is shown only once."`
}

type tokenAddCmd struct {
	stateOptions
	remoteOptions
	Name string `arg:"" help:"What it is for: \"BI export\"."`
	Role string `help:"What it may do: admin, manager, csm, support or viewer." default:"admin" enum:"admin,manager,csm,support,viewer"`
}

// Run prints the token alone on the last line.
func (c *tokenAddCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Server != "" {
		var made struct {
			Token string `json:"token"`
		}
		err := c.call(ctx, http.MethodPost, "/api/v1/tokens", map[string]string{"name": c.Name, "role": c.Role}, &made)
		if err == nil {
			fmt.Fprintln(out, made.Token)
		}
		return err
	}
	s, done, err := c.openState(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, secret, err := s.AddToken(ctx, c.Name, store.Role(c.Role))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, secret)
	return nil
}
