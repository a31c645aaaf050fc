package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// stateOptions say where the relational state lives; every command has them.
type stateOptions struct {
	Data  string `help:"Folder of the data." default:"farol-data" type:"path"`
	State string `help:"PostgreSQL for the state (postgres://...) instead of SQLite in the data folder." placeholder:"URL"`
	// SecretKey is never printed.
	SecretKey string `help:"Key under which secrets of connected systems are kept: 32 bytes as base64, the same for every process; secret.key in the data folder when not given." env:"FAROL_SECRET_KEY" placeholder:"BASE64"`
}

// remoteOptions let a command talk to a running server instead.
type remoteOptions struct {
	Server string `help:"Address of a running server (http://...) to ask instead of opening the data." placeholder:"URL"`
	Token  string `name:"token" help:"API token of an administrator, with --server."`
}

// openState opens the state and takes the data folder's lock; close gives
// both back.
func (o *stateOptions) openState(ctx context.Context) (s *store.Store, closeAll func(), err error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, nil, err
	}
	unlock, err := lockFolder(o.Data)
	if err != nil {
		return nil, nil, err
	}
	s, err = store.Open(ctx, o.dsn(), time.Now)
	if err != nil {
		unlock()
		return nil, nil, fmt.Errorf("opening the state: %w", err)
	}
	if err := o.unlockSecrets(s); err != nil {
		s.Close()
		unlock()
		return nil, nil, err
	}
	return s, func() { s.Close(); unlock() }, nil
}

// unlockSecrets gives the store the key of its secrets; a data folder gets one
// at its first start.
func (o *stateOptions) unlockSecrets(s *store.Store) error {
	file, text := filepath.Join(o.Data, "secret.key"), o.SecretKey
	if text == "" {
		b, err := os.ReadFile(file)
		switch {
		case errors.Is(err, os.ErrNotExist):
			key := make([]byte, 32)
			_, _ = rand.Read(key) // never fails since Go 1.24
			b = []byte(base64.StdEncoding.EncodeToString(key) + "\n")
			if err := os.WriteFile(file, b, 0o600); err != nil {
				return fmt.Errorf("making the key of secrets: %w", err)
			}
		case err != nil:
			return fmt.Errorf("reading the key of secrets: %w", err)
		}
		text = string(b)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return errors.New("the key of secrets is no base64")
	}
	return s.UseKey(key)
}

func (o *stateOptions) dsn() string {
	if o.State != "" {
		return o.State
	}
	return "sqlite:" + filepath.Join(o.Data, "state.db")
}

// logOptions say what is written to standard error.
type logOptions struct {
	LogLevel  slog.Level `help:"debug, info, warn or error." default:"info"`
	LogFormat string     `help:"text or json." enum:"text,json" default:"text"`
}

func (o logOptions) logger() *slog.Logger {
	opts := &slog.HandlerOptions{Level: o.LogLevel}
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}

// loadZone reads an IANA name; the machine's own zone ("Local") is refused,
// because the days of the facts must not depend on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, farol.InvalidField("zone", "must be an IANA name such as America/Sao_Paulo")
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, farol.InvalidField("zone", "is not a known IANA name: %s", strings.TrimSpace(name))
	}
	return z, nil
}
