package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

type sourceCmd struct {
	Add sourceAddCmd `cmd:"" help:"Make a source; its write key is the last line printed."`
}

type sourceAddCmd struct {
	stateOptions
	remoteOptions
	Name string `arg:"" help:"What people call it: \"Web app\"."`
}

// Run prints the write key alone on the last line.
func (c *sourceAddCmd) Run(ctx context.Context, out io.Writer) error {
	if c.Server != "" {
		var made struct {
			WriteKey string `json:"write_key"`
		}
		err := c.call(ctx, http.MethodPost, "/api/v1/sources", map[string]string{"name": c.Name}, &made)
		if err == nil {
			fmt.Fprintln(out, made.WriteKey)
		}
		return err
	}
	s, done, err := c.openState(ctx)
	if err != nil {
		return err
	}
	defer done()
	src, err := s.AddSource(ctx, c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, src.Key)
	return nil
}
