package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A static file has a name of its own content, may be kept for ever, and
// comes compressed to who can read that.
func TestAssets(t *testing.T) {
	s := open(t)
	for _, name := range []string{"app.js", "farol.css", "mark.svg", "vendor/tabler/tabler.min.css", "vendor/echarts/echarts.common.min.js", "vendor/htmx/htmx.min.js"} {
		path, err := loadAssets().path(name)
		s.check(err)
		if !regexp.MustCompile(`^/static/.+\.[0-9a-f]{12}\.(js|css|svg)$`).MatchString(path) {
			t.Errorf("%s is served as %s", name, path)
		}
		want, err := os.ReadFile(filepath.Join("static", name))
		s.check(err)
		a := s.get(nobody, path).is(200)
		if a.body != string(want) || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d bytes, %s", path, len(a.body), a.header.Get("Cache-Control"))
		}
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is not compressed", path)
			continue
		}
		z, err := gzip.NewReader(w.Body)
		s.check(err)
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s does not unpack: %v", path, err)
		}
		r = httptest.NewRequest("GET", path, nil)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		s.handler.ServeHTTP(again, r)
		if again.Code != 304 {
			t.Errorf("%s asked again answered %d", path, again.Code)
		}
	}
	s.get(nobody, "/static/farol.css").is(404)
	s.get(nobody, "/static/vendor/README.md").is(404)
	s.get(nobody, "/favicon.ico").is(302)
	if _, err := loadAssets().icon("no-such-icon"); err == nil {
		t.Error("an icon that is not there was found")
	}
}

// What is vendored is used and listed with its licence, and nothing else.
func TestVendored(t *testing.T) {
	var pages strings.Builder
	for _, pattern := range []string{"*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			pages.Write(b)
		}
	}
	for name := range loadAssets().icons {
		if !strings.Contains(pages.String(), `"`+name+`"`) {
			t.Errorf("the icon %s is vendored and not used", name)
		}
	}
	readme, err := os.ReadFile("static/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"tabler", "tabler-icons", "echarts", "htmx"} {
		if _, err := os.Stat(filepath.Join("static/vendor", dir, "LICENSE")); err != nil || !strings.Contains(string(readme), "`"+dir+"/LICENSE`") {
			t.Errorf("%s has no licence here: %v", dir, err)
		}
	}
}
