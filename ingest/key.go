package ingest

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

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

// keyed tells whether the request carries any key outside its body.
func keyed(r *http.Request) bool {
	return headKey(r) != "" || slices.ContainsFunc(restKeys(r), func(key string) bool { return key != "" })
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

// find gives the source of the first of the keys that has one. The error is a
// refusal with 401 when none has, or what kept us from looking.
func (h *Handler) find(ctx context.Context, keys ...string) (farol.SourceID, error) {
	for _, key := range keys {
		if key == "" {
			continue
		}
		source, err := h.c.Source(ctx, key)
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

var errKey = refuse(http.StatusUnauthorized, "the write key is missing or unknown")
