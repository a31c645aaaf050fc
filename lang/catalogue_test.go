package lang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The catalogue holds exactly the sentences that the program shows: those in
// templates ({{T "…"}}, {{N n "…" "…"}}), and in Go those given to T and N,
// marked lang.Text("…"), or made into an error that a person may see.
func TestCatalogueIsComplete(t *testing.T) {
	used := map[string]string{}
	walk(t, func(path, ext string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case ext == ".html":
			templateKeys(string(b), path, used)
		case ext == ".go" && !strings.HasSuffix(path, "_test.go"):
			goKeys(t, b, path, used)
		}
	})
	if len(used) < 100 {
		t.Fatalf("found only %d sentences: the search is broken", len(used))
	}
	for _, code := range Codes[1:] {
		words, err := load(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(used)) {
			switch translated, ok := words[key]; {
			case !ok:
				t.Errorf("%s lacks %q (%s)", code, key, used[key])
			case translated == "":
				t.Errorf("%s: %q is empty", code, key)
			case verbs(key) != verbs(translated):
				t.Errorf("%s: %q has the verbs %q, its translation %q", code, key, verbs(key), verbs(translated))
			}
		}
		for _, key := range slices.Sorted(maps.Keys(words)) {
			if _, ok := used[key]; !ok {
				t.Errorf("%s: nobody says %q", code, key)
			}
		}
	}
}

// verbs are the verbs of a sentence in order: a translation must keep the
// order, since its arguments are given in it.
func verbs(s string) string {
	return strings.ReplaceAll(strings.Join(verb.FindAllString(strings.ReplaceAll(s, "%[", "%"), -1), ""), "%d", "%s")
}

// elsewhere are folders whose sentences no page shows: what answers programs
// and terminals speaks English, and what is vendored is not ours.
var elsewhere = []string{"api", "cmd", "job", "test", "demo", "vendor", "node_modules"}

// walk visits every file of the repository, without what is hidden.
func walk(t *testing.T, do func(path, ext string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && len(d.Name()) > 2 && (strings.HasPrefix(d.Name(), ".") || slices.Contains(elsewhere, d.Name())) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			do(path, filepath.Ext(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const quoted = `("(?:[^"\\]|\\.)*")`

var (
	callT = regexp.MustCompile(`\bT ` + quoted)
	callN = regexp.MustCompile(`\bN [^"{}]+` + quoted + ` ` + quoted)
)

func templateKeys(text, path string, used map[string]string) {
	for _, m := range append(callT.FindAllStringSubmatch(text, -1), callN.FindAllStringSubmatch(text, -1)...) {
		for _, q := range m[1:] {
			if key, err := strconv.Unquote(q); err == nil {
				used[key] = path
			}
		}
	}
}

// goKeys finds the sentences of a Go file: which arguments of which calls.
func goKeys(t *testing.T, src []byte, path string, used map[string]string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Logf("%s does not parse: %v", path, err)
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		// The kinds of properties stand inside "must be of type %s".
		if spec, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "propertyKind" {
				if key, ok := text(spec.Values[0]); ok {
					used[key] = path
				}
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		args := map[string][]int{"T": {0}, "Text": {0}, "N": {1, 2}, "Errorf": {1}, "InvalidField": {1}, "refuse": {1}, "wrong": {1}, "fail": {0}}[name]
		if name == "Errorf" && len(call.Args) > 0 && !isKind(call.Args[0]) {
			args = nil // fmt.Errorf, t.Errorf
		}
		for _, i := range args {
			if i < len(call.Args) {
				if key, ok := text(call.Args[i]); ok {
					used[key] = path
				}
			}
		}
		return true
	})
}

// isKind tells whether the argument is an error kind that people see.
func isKind(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "farol" && sel.Sel.Name != "Internal"
}

// text is the value of a string literal, or of several added.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := text(e.X)
		b, okB := text(e.Y)
		return a + b, okA && okB && e.Op == token.ADD
	}
	return "", false
}
