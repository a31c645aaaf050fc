package ingest

import (
	"net/http"
	"strings"
)

// route is one path of a protocol.
type route struct {
	// method is GET (HEAD too) or POST.
	method string
	// path is without slashes at its ends. A part in braces stands for any
	// text without slash.
	path string
	// serve answers, and tells the status it gave; part is what stood in the
	// place of the braces.
	serve func(w http.ResponseWriter, r *http.Request, part string) int
}

func (rt *route) allows(method string) bool {
	return method == rt.method || method == http.MethodHead && rt.method == http.MethodGet
}

// routes finds paths. It is not a ServeMux because that answers a slash too
// many or too few with a redirect.
type routes struct {
	exact  map[string]*route
	braced []*route
	// roots are the first parts of the paths: whatever lies under them is the
	// tracking API's.
	roots map[string]bool
}

func newRoutes(protocols ...[]route) routes {
	rs := routes{exact: map[string]*route{}, roots: map[string]bool{}}
	for _, protocol := range protocols {
		for _, rt := range protocol {
			root, _, _ := strings.Cut(rt.path, "/")
			rs.roots[root] = true
			if strings.Contains(rt.path, "{") {
				rs.braced = append(rs.braced, &rt)
			} else {
				rs.exact[rt.path] = &rt
			}
		}
	}
	return rs
}

// mine tells whether the path belongs to the tracking API.
func (rs routes) mine(path string) bool {
	root, _, _ := strings.Cut(plain(path), "/")
	return rs.roots[root]
}

// find gives the route of a path and the text in the place of its braces.
func (rs routes) find(path string) (*route, string) {
	path = plain(path)
	if rt := rs.exact[path]; rt != nil {
		return rt, ""
	}
	for _, rt := range rs.braced {
		before, after, _ := strings.Cut(rt.path, "{")
		_, after, _ = strings.Cut(after, "}")
		part, ok := strings.CutPrefix(path, before)
		if part, fits := strings.CutSuffix(part, after); ok && fits && part != "" && !strings.Contains(part, "/") {
			return rt, part
		}
	}
	return nil, ""
}

// plain is the path without slashes that say nothing: at its ends, and
// doubled where an address with a slash at its end met a path with one at its
// front.
func plain(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return strings.Trim(path, "/")
}
