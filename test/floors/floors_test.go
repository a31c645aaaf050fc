// Package floors_test holds the architecture table to its word.
package floors_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/farol-cs/farol"

var row = regexp.MustCompile("(?m)^\\| ([0-9-]) \\| `([a-z/.]+)`")

// floorOf reads the table of docs/architecture.md: package path within the
// module -> floor; -1 for those that may import everything.
func floorOf(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		floor := -1
		if m[1] != "-" {
			floor, _ = strconv.Atoi(m[1])
		}
		name := strings.TrimSuffix(m[2], "/...")
		if name == "farol" {
			name = ""
		}
		out[name] = floor
	}
	if len(out) < 10 {
		t.Fatalf("read only %d rows of the table", len(out))
	}
	return out
}

func floor(floors map[string]int, path string) (int, bool) {
	name := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	if strings.HasPrefix(name, "test/") {
		return -1, true
	}
	f, ok := floors[name]
	return f, ok
}

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestPackagesImportOnlyLowerFloors(t *testing.T) {
	floors := floorOf(t)
	for _, p := range packages(t) {
		own, ok := floor(floors, p.ImportPath)
		if !ok {
			t.Errorf("%s is not in the table of docs/architecture.md", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, module) {
				if own == 0 && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
					t.Errorf("the root package imports %s: standard library only", imp)
				}
				continue
			}
			theirs, ok := floor(floors, imp)
			if own != -1 && (!ok || theirs >= own || theirs == -1) {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.ImportPath, own, imp, theirs)
			}
		}
	}
}

func TestNoCatchAllPackages(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "manager", "service", "provider", "misc", "shared"}
	for _, p := range packages(t) {
		for _, b := range banned {
			if filepath.Base(p.ImportPath) == b {
				t.Errorf("package %s is named for nothing", p.ImportPath)
			}
		}
	}
}

// DuckDB takes minutes to compile and seconds to link: only the facts may
// bring it in.
func TestOnlyFactsImportTheEngines(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if name == "facts" || strings.HasPrefix(name, "test/") {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(imp, "duckdb") || strings.Contains(strings.ToLower(imp), "clickhouse-go") {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
	}
}
