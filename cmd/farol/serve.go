package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"
)

type serveCmd struct {
	engineOptions
	serverOptions
	logOptions
}

// serverOptions say how requests are served.
type serverOptions struct {
	Listen       string        `help:"Address to listen on." default:"127.0.0.1:8080"`
	BaseURL      string        `help:"Address that people use, when a proxy stands in front (https://farol.example.com)." placeholder:"URL"`
	MetricsToken string        `help:"Bearer token for /metrics; without one only this machine may read it."`
	KeyRate      float64       `help:"Tracking requests a second that one write key may send." default:"10000" placeholder:"N"`
	AddressRate  float64       `help:"Tracking requests a second that one address may send." default:"10000" placeholder:"N"`
	OIDC         oidcOptions   `embed:"" prefix:"oidc-" group:"Sign-in at an OpenID provider"`
	SMTP         smtpOptions   `embed:"" prefix:"smtp-" group:"Mail"`
	StopWithin   time.Duration `help:"How long a stop waits for requests and jobs." default:"20s"`
}

// check tells what is wrong with the options before anything is opened: a
// wrong base address would break every sign-in and every install snippet.
func (o serverOptions) check() error {
	if err := o.OIDC.check(); err != nil {
		return err
	}
	if _, err := o.SMTP.server(o.BaseURL); err != nil {
		return err
	}
	if o.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("--base-url must be an address such as https://farol.example.com, not %q", o.BaseURL)
	}
	return nil
}

// Run serves until the context ends, then finishes what it has begun.
func (c *serveCmd) Run(ctx context.Context, out io.Writer) error {
	return serve(ctx, out, c.engineOptions, c.serverOptions, c.logger(), nil)
}

// serve opens the program and serves it; ready, when given, is called once
// requests are answered.
func serve(ctx context.Context, out io.Writer, eo engineOptions, so serverOptions, log *slog.Logger, ready func(a *app, url string) error) (err error) {
	if err := errors.Join(eo.check(), so.check()); err != nil {
		return err
	}
	a, err := openApp(ctx, eo, so, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	l, err := net.Listen("tcp", so.Listen)
	if err != nil {
		return err
	}
	address := reached(l.Addr())
	health := &health{check: a.store.Ping}
	server := &http.Server{
		Handler:           a.routes(so, health),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if err := a.jobs.Start(ctx); err != nil {
		return fmt.Errorf("starting the background work: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	go a.keepZone(ctx)
	health.ready.Store(true)
	go debug.FreeOSMemory() // of what reading definitions and migrations took
	fmt.Fprintf(out, "Farol is at %s\n", address)
	if ready != nil {
		if err := ready(a, address); err != nil {
			return errors.Join(err, a.stop(server, health, so.StopWithin))
		}
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, a.stop(server, health, so.StopWithin))
}

// reached is the address by which this machine reaches a listener: one that
// listens everywhere has none of its own.
func reached(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok && t.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", t.Port)
	}
	return "http://" + a.String()
}

// stop lets requests and jobs end, so that what was begun is finished.
func (a *app) stop(server *http.Server, h *health, within time.Duration) error {
	a.log.Info("stopping")
	h.ready.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		a.log.Warn("requests were cut off", "error", err)
		server.Close()
	}
	return a.jobs.Stop(ctx)
}

// keepZone follows a change of the company's zone that another process made
// while the log was empty; a log with events refuses, and so did the page.
func (a *app) keepZone(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for ; ctx.Err() == nil; <-tick.C {
		if err := a.facts.SetZone(ctx, a.settings.zone()); err != nil && ctx.Err() == nil {
			a.log.Warn("the company's zone is another than that of the facts", "error", err)
		}
	}
}
