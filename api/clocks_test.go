package api

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// without reads from docs/clocks.md which operations take no clocks or no
// segment.
func without(t *testing.T, what string) func(path string) bool {
	t.Helper()
	b, err := os.ReadFile("../docs/clocks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(b), "## API reads without\n")
	var listed []string
	for _, line := range strings.Split(part, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.Contains(cells[2], what) {
			for _, x := range strings.Split(cells[1], ",") {
				listed = append(listed, strings.Trim(x, " `"))
			}
		}
	}
	if len(listed) < 20 {
		t.Fatalf("the document lists only %d", len(listed))
	}
	return func(path string) bool {
		return slices.ContainsFunc(listed, func(x string) bool {
			begin, ok := strings.CutSuffix(x, "*")
			return path == x || ok && strings.HasPrefix(path, begin)
		})
	}
}

// Every read takes both clocks and a segment, or the document says why it does
// not. A day that cannot be read is refused with its name.
func TestClocksEverywhere(t *testing.T) {
	h := newHouse(t)
	doc := h.call("GET", root+"/openapi.json", "", "")
	timeless, whole := without(t, "clocks"), without(t, "segment")
	for path, methods := range doc.body["paths"].(map[string]any) {
		op, ok := methods.(map[string]any)["get"].(map[string]any)
		if !ok {
			continue
		}
		var takes []string
		list, _ := op["parameters"].([]any)
		for _, p := range list {
			takes = append(takes, p.(map[string]any)["name"].(string))
		}
		short := strings.TrimPrefix(path, root)
		for name, not := range map[string]bool{"as_of": timeless(short), "known": timeless(short), "segment": whole(short)} {
			if !not && !slices.Contains(takes, name) {
				t.Errorf("%s does not take %s, and docs/clocks.md does not say why", short, name)
			}
		}
		if timeless(short) {
			continue
		}
		a := h.call("GET", replaceParams(path, "x")+"?as_of=yesterday", h.tokens["admin"], "")
		if a.status != 422 || !strings.Contains(a.text, "as_of") {
			t.Errorf("%s with as_of=yesterday answered %d %s", short, a.status, a.text)
		}
	}
}
