package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:embed static/*.js static/*.css static/*.svg static/vendor
var static embed.FS

// asset is a static file under a name that holds the hash of its content, so
// that a browser may keep it for ever.
type asset struct {
	mime        string
	body, gzip  []byte
	fingerprint string
}

// assets are found by their hashed path; names maps "app.js" to it.
type assets struct {
	files map[string]*asset
	names map[string]string
	icons map[string]template.HTML
}

// loadAssets reads the embedded files once per process: the compressed ones
// cost a quarter of a second, and every test opens a server.
var loadAssets = sync.OnceValue(func() *assets {
	a := &assets{files: map[string]*asset{}, names: map[string]string{}, icons: map[string]template.HTML{}}
	err := fs.WalkDir(static, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := static.ReadFile(p)
		if err != nil {
			return err
		}
		a.add(strings.TrimPrefix(p, "static/"), body)
		return nil
	})
	if err != nil {
		panic(err) // The files are compiled in: this build can never work.
	}
	return a
})

// add takes in a file: an icon to be set into pages, or a file to be served.
// Licences and notes stay in the binary and are not served.
func (a *assets) add(name string, body []byte) {
	ext := path.Ext(name)
	if strings.HasPrefix(name, "vendor/tabler-icons/") && ext == ".svg" {
		a.icons[strings.TrimSuffix(path.Base(name), ext)] = template.HTML(body)
		return
	}
	if ext != ".css" && ext != ".js" && ext != ".svg" {
		return
	}
	sum := sha256.Sum256(body)
	f := &asset{mime: mime.TypeByExtension(ext), body: body, fingerprint: hex.EncodeToString(sum[:6])}
	if ext == ".js" {
		f.mime = "text/javascript; charset=utf-8"
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(body) // A bytes.Buffer never fails.
	_ = z.Close()
	if b.Len() < len(body) {
		f.gzip = b.Bytes()
	}
	hashed := strings.TrimSuffix(name, ext) + "." + f.fingerprint + ext
	a.files[hashed] = f
	a.names[name] = "/static/" + hashed
}

// path is the address of a static file; an unknown name is a mistake in a
// template and fails its rendering.
func (a *assets) path(name string) (string, error) {
	if p, ok := a.names[name]; ok {
		return p, nil
	}
	return "", &missing{"static file", name}
}

// icon is a Tabler icon as inline SVG, hidden from screen readers: the word
// beside it says what it means.
func (a *assets) icon(name string) (template.HTML, error) {
	if svg, ok := a.icons[name]; ok {
		return svg, nil
	}
	return "", &missing{"icon", name}
}

// missing is a name in a template that nothing stands behind.
type missing struct{ what, name string }

func (m *missing) Error() string { return "no " + m.what + " named " + strconv.Quote(m.name) }

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+f.fingerprint+`"`)
	h.Add("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == `"`+f.fingerprint+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
