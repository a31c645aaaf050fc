package ingest

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/farol-cs/farol"
)

// headKey is the key of the Authorization header, "" for none: Basic, the key
// as user name; some old libraries leave out the colon.
func headKey(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return ""
	}
	return plainKey(basic(strings.TrimSpace(text)))
}

func basic(text string) string {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if b, err := e.DecodeString(text); err == nil {
			return string(b)
		}
	}
	return ""
}

// restKeys are the keys that a request carries outside the body besides
// Authorization, first the one that counts most.
func restKeys(r *http.Request) []string {
	return []string{plainKey(r.Header.Get("X-Write-Key")), plainKey(r.URL.Query().Get("writeKey"))}
}

// plainKey is a key without what follows its colon: an empty password, or the
// secret that some libraries insist on. The stars with which others mask it
// are no key.
func plainKey(s string) string {
	key, _, _ := strings.Cut(s, ":")
	if key = strings.TrimSpace(key); len(key) > maxText || !told(key) {
		return ""
	}
	return key
}

// keys looks keys up and remembers for a moment what it found, so that a
// steady stream does not ask the database for each request. What is not found
// is not remembered: a new key works at once.
type keys struct {
	source func(context.Context, string) (farol.SourceID, error)
	now    func() time.Time
	mu     sync.Mutex
	known  map[string]known
}

type known struct {
	source farol.SourceID
	until  time.Time
}

const (
	keyMemory = time.Second
	maxKeys   = 1000
)

// find gives the source of the first of the keys that has one. The error is a
// refusal with 401 when none has, or what kept us from looking.
func (k *keys) find(ctx context.Context, candidates ...string) (farol.SourceID, error) {
	for _, key := range candidates {
		if key == "" {
			continue
		}
		source, err := k.look(ctx, key)
		switch farol.KindOf(err) {
		case "":
			return source, nil
		case farol.NotFound, farol.Unauthorized, farol.Forbidden, farol.Invalid:
		default:
			return "", err
		}
	}
	return "", errKey
}

var errKey = &refusal{http.StatusUnauthorized, "the write key is missing or unknown"}

func (k *keys) look(ctx context.Context, key string) (farol.SourceID, error) {
	now := k.now()
	k.mu.Lock()
	hit, ok := k.known[key]
	k.mu.Unlock()
	if ok && now.Before(hit.until) {
		return hit.source, nil
	}
	source, err := k.source(ctx, key)
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxKeys {
		k.known = map[string]known{}
	}
	k.known[strings.Clone(key)] = known{source, now.Add(keyMemory)}
	return source, nil
}
