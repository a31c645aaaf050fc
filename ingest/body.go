package ingest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// drained is how much of a body that is too large is read and thrown away, so
// that a sender still writing gets to see the answer.
const drained = 8 << 20

// read takes in the body within the time and size that the limits allow, and
// unpacks it. A refusal says what is wrong with it.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A connection that cannot have a deadline (a recorder in a test) has no
	// slow sender either.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(h.c.Limits.Read))
	raw, err := h.readRaw(r)
	if err == nil {
		// While the answer is made the server reads on to see the sender go;
		// the deadline of the body must not look like that.
		_ = conn.SetReadDeadline(time.Time{})
		return unpack(raw, h.c.Limits.Body)
	}
	w.Header().Set("Connection", "close")
	return nil, err
}

func (h *Handler) readRaw(r *http.Request) ([]byte, error) {
	limit := int64(h.c.Limits.Body)
	if r.ContentLength > limit+drained {
		return nil, errTooLarge
	}
	// One byte of room lets Read find the end without growing the buffer.
	buf := bytes.NewBuffer(make([]byte, 0, max(min(r.ContentLength, limit), 2048)+bytes.MinRead))
	_, err := io.Copy(buf, io.LimitReader(r.Body, limit+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body took too long")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body broke off")
	case int64(buf.Len()) > limit:
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, drained))
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}

var errTooLarge = refuse(http.StatusRequestEntityTooLarge, "the body is too large")

var gzipMagic = []byte{0x1f, 0x8b}

// unpack gives the JSON inside a body. What it is, its bytes tell: libraries
// send gzip as text/plain or as a form, and forms as JSON. At most limit
// bytes come out.
func unpack(raw []byte, limit int) ([]byte, error) {
	raw, err := gunzip(raw, limit)
	if err != nil {
		return nil, err
	}
	form, ok := bytes.CutPrefix(raw, []byte("data="))
	if !ok {
		return raw, nil
	}
	form, _, _ = bytes.Cut(form, []byte("&"))
	text, err := url.QueryUnescape(string(form))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the form cannot be read")
	}
	return gunzip(unbase64(text), limit)
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// gunzip unpacks gzip and gives anything else back as it is.
func gunzip(raw []byte, limit int) ([]byte, error) {
	if !bytes.HasPrefix(raw, gzipMagic) {
		return raw, nil
	}
	z := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(z)
	if err := z.Reset(bytes.NewReader(raw)); err != nil {
		return nil, errGzip
	}
	buf := bytes.NewBuffer(make([]byte, 0, min(limit+1, 8*len(raw))+bytes.MinRead))
	n, err := io.Copy(buf, io.LimitReader(z, int64(limit)+1))
	switch {
	case n > int64(limit):
		return nil, errTooLarge
	case err != nil:
		return nil, errGzip
	}
	return buf.Bytes(), nil
}

var errGzip = refuse(http.StatusBadRequest, "the body is not readable gzip")

// unbase64 decodes either alphabet, with or without padding, with blanks
// where a query made them of plus signs. What is not base64 is given back as
// it is: it may be plain JSON.
func unbase64(s string) []byte {
	t := strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(strings.TrimSpace(s))
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(t, "="))
	if err != nil {
		return []byte(s)
	}
	return b
}
