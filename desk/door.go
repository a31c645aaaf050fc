package desk

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// maxBody bounds what a help desk may send at once, unpacked.
const maxBody = 1 << 20

// Path is where a help desk sends to; {source} is its id.
const Path = "/hooks/{source}"

// taken is the answer to a delivery.
type taken struct {
	Success bool   `json:"success"`
	State   string `json:"state,omitempty"`
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// ServeHTTP takes a delivery in. It is answered 200 when it is durable, also
// when it could not be read or placed: help desks switch an address off that
// refuses too often, and what is kept can be taken in again.
func (d *Desks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodHead: // asked when an address is set up
		w.WriteHeader(http.StatusOK)
		return
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "POST, HEAD")
		reply(w, http.StatusMethodNotAllowed, taken{Reason: "send a POST"})
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		reply(w, http.StatusRequestEntityTooLarge, taken{Reason: "the body is too large or broke off"})
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 8*time.Second)
	defer cancel()
	h, err := d.Store.Desk(ctx, farol.SourceID(r.PathValue("source")))
	if err == nil && !h.Disabled.IsZero() {
		err = farol.Errorf(farol.NotFound, "there is no such help desk")
	}
	if err == nil {
		err = d.genuine(ctx, h, request{body, r.Header, r.URL.Query(), d.now()})
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	id := ""
	if h.Kind == "webhook" {
		id = r.Header.Get("Webhook-Id")
	}
	plain, err := unpack(body)
	if err != nil {
		reply(w, http.StatusBadRequest, taken{Reason: "the body is no readable gzip"})
		return
	}
	got, fresh, err := d.Take(ctx, h, plain, id)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	out := taken{Success: true, State: got.State, Field: got.Field, Reason: got.Reason}
	if !fresh {
		out.State = "repeated"
	}
	reply(w, http.StatusOK, out)
}

// genuine checks who sends, over the bytes as they came.
func (d *Desks) genuine(ctx context.Context, h store.Desk, r request) error {
	a := adapters[h.Kind]
	if a.genuine == nil {
		for _, s := range freshdeskSecrets(r) {
			if s == "" {
				continue
			}
			if ok, err := d.Store.KnowsDeskSecret(ctx, h, s); ok || err != nil {
				return err
			}
		}
		return refused("the secret is missing or wrong")
	}
	secret, err := d.Store.DeskSecret(ctx, h)
	if err != nil {
		return err
	}
	return a.genuine(secret, r)
}

func (d *Desks) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch farol.KindOf(err) {
	case farol.Unauthorized:
		reply(w, http.StatusUnauthorized, taken{Reason: err.Error()})
	case farol.NotFound:
		reply(w, http.StatusNotFound, taken{Reason: "there is no such help desk"})
	default:
		d.log().Error("a delivery could not be kept", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "5")
		reply(w, http.StatusServiceUnavailable, taken{Reason: "the server cannot take deliveries at the moment"})
	}
}

// readBody reads the bytes as they came, which are what is signed.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Second)) // a recorder in a test has none
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// unpack gives the text inside gzip, which the bytes tell and not a header.
func unpack(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	if err == nil && len(out) > maxBody {
		err = errors.New("too large")
	}
	return out, err
}

func reply(w http.ResponseWriter, status int, body taken) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is left to tell when the connection is gone
}
