package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add a member of the team; without a password one is made and printed."`
}

type userAddCmd struct {
	stateOptions
	remoteOptions
	Email    string `arg:"" help:"E-mail address, with which they sign in."`
	Name     string `help:"Their name; the address when not given."`
	Role     string `help:"admin, manager, csm, support or viewer." default:"viewer" enum:"admin,manager,csm,support,viewer"`
	Language string `help:"en or pt-BR." enum:"en,pt-BR" default:"en"`
	// The password never comes as an argument: other people on the machine
	// could read it in the process list.
	PasswordStdin bool `help:"Read the password from the first line of standard input."`
}

// Run prints the password when it made one.
func (c *userAddCmd) Run(ctx context.Context, out io.Writer) error {
	password, made := "", false
	if c.PasswordStdin {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return fmt.Errorf("reading the password: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	} else {
		password, made = randomPassword(), true
	}
	err := c.add(ctx, store.NewMember{Email: c.Email, Name: cmp.Or(c.Name, c.Email), Role: store.Role(c.Role), Password: password, Language: c.Language})
	if err == nil && made {
		fmt.Fprintln(out, password)
	}
	return err
}

func (c *userAddCmd) add(ctx context.Context, m store.NewMember) error {
	if c.Server != "" {
		body := map[string]string{"email": m.Email, "name": m.Name, "role": string(m.Role), "password": m.Password, "language": m.Language}
		return c.call(ctx, http.MethodPost, "/api/v1/members", body, &struct{}{})
	}
	s, done, err := c.openState(ctx)
	if err != nil {
		return err
	}
	defer done()
	if _, err = s.AddMember(ctx, m); err != nil {
		return err
	}
	return sayUnset(ctx, s, os.Stderr)
}

// sayUnset tells what the figures are in while nobody has set the company up:
// the set-up page, which asks, is gone with the first member.
func sayUnset(ctx context.Context, s *store.Store, out io.Writer) error {
	_, err := s.Definition(ctx, metric.SettingKind, metric.CompanyName)
	if farol.KindOf(err) != farol.NotFound {
		return err
	}
	d := metric.Defaults()
	_, err = fmt.Fprintf(out, "The company is not set up yet: money is in %s and days are those of %s until an admin says otherwise in Settings, The company (/settings/company).\n", d.Currency, d.Calendar.Zone)
	return err
}
