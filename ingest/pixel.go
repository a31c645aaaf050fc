package ingest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

// gif is one transparent pixel.
var gif = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// pixel takes the event that an image's address carries, for e-mail. It
// answers the image whatever becomes of the event: a broken picture in a
// letter helps nobody.
func (h *Handler) pixel(w http.ResponseWriter, r *http.Request, method string) int {
	if r.Method == http.MethodGet {
		if err := h.takePixel(r, method); err != nil {
			h.c.Log.DebugContext(r.Context(), "pixel not taken", "error", err)
		}
	}
	return send(w, http.StatusOK, "image/gif", gif)
}

func (h *Handler) takePixel(r *http.Request, method string) error {
	if wait := h.byAddress.wait(h.c.Address(r), h.c.Now()); wait > 0 {
		return &tooMany{wait}
	}
	method, _, _ = strings.Cut(method, ".") // some write track.gif
	i := slices.IndexFunc(farol.Kinds, func(k farol.Kind) bool { return method == string(k) || method == string(k[0]) })
	if i < 0 {
		return refuse(http.StatusNotFound, "no such pixel")
	}
	query := r.URL.Query()
	raw := unbase64(query.Get("data"))
	if len(raw) == 0 {
		raw = fromQuery(query)
	}
	if len(raw) > h.c.Limits.Body {
		return errTooLarge
	}
	body, err := Parse(raw, Call{Kind: farol.Kinds[i], Received: h.c.Now(), Limits: h.c.Limits})
	if err != nil {
		return err
	}
	return h.store(r, &body)
}

// fromQuery makes an event of plain query fields, in which dots lead into
// objects: userId=u1&event=Opened&properties.campaign=spring.
func fromQuery(query url.Values) []byte {
	root := map[string]any{}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names) // "a" before "a.b": the object wins, on every run
	for _, name := range names {
		parts := strings.Split(name, ".")
		if len(parts) > 8 {
			continue
		}
		at := root
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = query.Get(name)
	}
	raw, err := json.Marshal(root)
	if err != nil {
		return nil // texts and objects always marshal
	}
	return raw
}
