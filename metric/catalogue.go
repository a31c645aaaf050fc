package metric

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

//go:embed defs/*.sql
var defs embed.FS

// Catalogue is every metric that the program knows.
type Catalogue struct {
	metrics []*Metric
	byName  map[string]*Metric
}

// Load reads the definitions that were compiled in. It fails on the first
// that lacks anything.
func Load() (*Catalogue, error) { return load(defs, "defs") }

func load(files fs.FS, dir string) (*Catalogue, error) {
	names, err := fs.Glob(files, path.Join(dir, "*.sql"))
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(names))
	for i, file := range names {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		names[i] = strings.TrimSuffix(path.Base(file), ".sql")
		texts[names[i]] = string(text)
	}
	c := &Catalogue{byName: map[string]*Metric{}}
	for _, name := range names {
		text, err := borrow(texts[name], texts)
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", name, err)
		}
		m, err := parse(name, text)
		if err != nil {
			return nil, err
		}
		c.metrics = append(c.metrics, m)
		c.byName[m.Name] = m
	}
	slices.SortFunc(c.metrics, func(a, b *Metric) int { return strings.Compare(a.Name, b.Name) })
	askers := map[string]int{}
	for _, m := range c.metrics {
		askers[m.figuresText()]++
	}
	for _, m := range c.metrics {
		m.twin = askers[m.figuresText()] > 1
	}
	return c, nil
}

// All lists the metrics by name.
func (c *Catalogue) All() []*Metric { return slices.Clone(c.metrics) }

// Find is the metric of that name, or a NotFound error.
func (c *Catalogue) Find(name string) (*Metric, error) {
	if m, ok := c.byName[name]; ok {
		return m, nil
	}
	return nil, farol.Errorf(farol.NotFound, "there is no metric %q", name)
}
