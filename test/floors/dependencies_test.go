package floors_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every direct dependency of go.mod stands in docs/dependencies.md with its
// reason, and nothing else does.
func TestDependenciesAreListedWithTheirReasons(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\t?([a-z][^ \t]+\.[^ \t]+) v[^ \n]+$`).FindAllStringSubmatch(string(mod), -1) {
		direct[m[1]] = true
	}
	if len(direct) < 10 {
		t.Fatalf("read only %d requirements of go.mod", len(direct))
	}
	for name := range direct {
		if strings.HasPrefix(name, "github.com/riverqueue/river/") {
			continue // drivers of the same family, one row
		}
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is required and not explained in docs/dependencies.md", name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(string(page), -1) {
		if !direct[m[1]] {
			t.Errorf("%s is explained but not required", m[1])
		}
	}
}
