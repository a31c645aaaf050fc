// Command farol is the whole program: one binary that takes facts in, serves
// pages and the API, and does the background work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the company's zone must resolve on a machine without zoneinfo

	"github.com/alecthomas/kong"
)

// version is set by the release build (-ldflags "-X main.version=...").
var version = "dev"

// commands are the subcommands; each lives in the file of its name.
type commands struct {
	Serve   serveCmd   `cmd:"" help:"Serve pages, the tracking API and the REST API."`
	Demo    demoCmd    `cmd:"" help:"Make the demo company and serve it, live."`
	Segment segmentCmd `cmd:"" help:"Segments as a file."`
	Source  sourceCmd  `cmd:"" help:"Sources of events and their write keys."`
	Token   tokenCmd   `cmd:"" help:"Tokens of the REST API."`
	User    userCmd    `cmd:"" help:"Members of the team."`

	Version kong.VersionFlag `help:"Print the version." env:"-"`
}

func main() {
	// What the program writes is its owner's alone, whoever makes the file.
	syscall.Umask(0o077)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it answers the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("farol"),
		kong.Description("An open Customer Success platform for SaaS companies.\nEvery flag can be given as an environment variable: --data is FAROL_DATA."),
		kong.DefaultEnvars("FAROL"),
		kong.Vars{"version": version},
		kong.Writers(stdout, stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "farol:", err)
		return 1
	}
	k, err := parser.Parse(args)
	if err != nil {
		parser.FatalIfErrorf(err)
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "farol:", err)
		return 1
	}
	return 0
}
