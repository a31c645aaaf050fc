package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

type segmentCmd struct {
	Export segmentExportCmd `cmd:"" help:"Write segments as a file: all of them, or those named."`
	Apply  segmentApplyCmd  `cmd:"" help:"Make segments, or their next versions, of a file that export wrote or a person."`
}

// segmentFile is segments as a file, by name:
//
//	[at-risk]
//	title = "At risk"
//	description = "Talk to them."
//	rule = 'metric mrr > 0 and renewal_date in 0..90 days'
type segmentFile map[string]segmentEntry

type segmentEntry struct {
	Title       string `toml:"title" json:"title"`
	Description string `toml:"description,omitempty" json:"description,omitempty"`
	Rule        string `toml:"rule,multiline" json:"text"`
}

type segmentExportCmd struct {
	stateOptions
	remoteOptions
	Names []string `arg:"" optional:"" help:"Names of segments."`
}

// Run writes the file to standard output.
func (c *segmentExportCmd) Run(ctx context.Context, out io.Writer) error {
	all, err := c.read(ctx)
	if err != nil {
		return err
	}
	file := segmentFile{}
	for name, x := range all {
		if len(c.Names) == 0 || slices.Contains(c.Names, name) {
			file[name] = x
		}
	}
	for _, name := range c.Names {
		if _, ok := file[name]; !ok {
			return fmt.Errorf("there is no segment %q", name)
		}
	}
	e := toml.NewEncoder(out)
	e.Indent = ""
	return e.Encode(file)
}

// read reads all segments, of the data or of a running server.
func (c *segmentExportCmd) read(ctx context.Context) (segmentFile, error) {
	file := segmentFile{}
	if c.Server != "" {
		var answer struct {
			Segments []struct {
				Name string
				segmentEntry
			}
		}
		err := c.call(ctx, http.MethodGet, "/api/v1/segments", nil, &answer)
		for _, x := range answer.Segments {
			file[x.Name] = x.segmentEntry
		}
		return file, err
	}
	s, done, err := c.openState(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := segment.Read(ctx, s)
	for _, x := range b.All() {
		file[x.Name] = segmentEntry{x.Title, x.Description, x.Rule.String()}
	}
	return file, err
}

type segmentApplyCmd struct {
	stateOptions
	remoteOptions
	File  string `arg:"" help:"The file; - is standard input." type:"existingfile"`
	Check bool   `help:"Only tell what is wrong with it, and change nothing."`
}

// Run makes what differs and says what it did. Nothing is made when anything in
// the file is wrong in itself.
func (c *segmentApplyCmd) Run(ctx context.Context, out io.Writer) error {
	raw, err := readFile(c.File)
	if err != nil {
		return err
	}
	file, order, err := readSegments(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.Server == "" { // a server knows its own metrics, and says so
		if err := file.metrics(order); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	if c.Check {
		fmt.Fprintf(out, "%s is right: %d segments\n", c.File, len(order))
		return nil
	}
	put, done, err := c.putter(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, name := range order {
		version, err := put(name, file[name])
		if err != nil {
			return fmt.Errorf("%s: %s: %w", c.File, name, err)
		}
		fmt.Fprintf(out, "%s is at version %d\n", name, version)
	}
	return nil
}

// metrics tells which rule names a metric that is not kept per account.
func (f segmentFile) metrics(order []string) error {
	catalogue, err := metric.Load()
	if err != nil {
		return err
	}
	for _, name := range order {
		r, err := segment.ParseText(f[name].Rule)
		if err == nil {
			err = keptMetrics(catalogue, r)
		}
		if err != nil {
			return fmt.Errorf("%s: %s", name, placed(f[name].Rule, err))
		}
	}
	return nil
}

// keptMetrics tells which metric of a rule is not kept per account.
func keptMetrics(catalogue *metric.Catalogue, r segment.Rule) error {
	for _, m := range r.Metrics() {
		if found, err := catalogue.Find(m.Name); err != nil || !found.PerAccount {
			return farol.InvalidField(m.At, "there is no metric %q that is kept for each account", m.Name)
		}
	}
	return nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// readSegments reads a file and checks every rule in it. order has the
// segments that a rule names before those that name them.
func readSegments(raw []byte) (segmentFile, []string, error) {
	file := segmentFile{}
	meta, err := toml.NewDecoder(bytes.NewReader(raw)).Decode(&file)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, nil, errors.New(parse.ErrorWithPosition())
		}
		return nil, nil, err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, nil, fmt.Errorf("%s is not known here", extra[0])
	}
	rules := map[string]segment.Rule{}
	var names []string
	for _, key := range meta.Keys() {
		if len(key) == 1 {
			names = append(names, key[0])
		}
	}
	for _, name := range names {
		r, err := segment.ParseText(file[name].Rule)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %s", name, placed(file[name].Rule, err))
		}
		rules[name] = r
	}
	var order []string
	var visit func(name string, path []string) error
	visit = func(name string, path []string) error {
		if slices.Contains(path, name) {
			return fmt.Errorf("%s leads back to itself: %s", name, strings.Join(append(path, name), ", "))
		}
		if slices.Contains(order, name) {
			return nil
		}
		for _, used := range rules[name].Uses() {
			if _, ok := rules[used]; ok {
				if err := visit(used, append(path, name)); err != nil {
					return err
				}
			}
		}
		order = append(order, name)
		return nil
	}
	for _, name := range names {
		if err := visit(name, nil); err != nil {
			return nil, nil, err
		}
	}
	return file, order, nil
}

// placed shows what is wrong under the text of the rule.
func placed(text string, err error) string {
	from, to, ok := segment.Place(text, err)
	if !ok {
		return err.Error()
	}
	runes := []rune(text)
	return fmt.Sprintf("%v\n  %s>>>%s<<<%s", err, string(runes[max(0, from-30):from]), string(runes[from:to]), string(runes[to:min(len(runes), to+30)]))
}

// putter saves segments in the data, or on a running server.
func (c *segmentApplyCmd) putter(ctx context.Context) (put func(string, segmentEntry) (int, error), done func(), err error) {
	if c.Server != "" {
		return func(name string, x segmentEntry) (int, error) {
			var answer struct{ Version int }
			err := c.call(ctx, http.MethodPut, "/api/v1/segments/"+url.PathEscape(name), x, &answer)
			return answer.Version, err
		}, func() {}, nil
	}
	s, done, err := c.openState(ctx)
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := metric.Load()
	if err != nil {
		done()
		return nil, nil, err
	}
	return func(name string, x segmentEntry) (int, error) { return putSegment(ctx, s, catalogue, name, x) }, done, nil
}

// putSegment saves a segment in the state; it is evaluated when the server
// runs.
func putSegment(ctx context.Context, s *store.Store, catalogue *metric.Catalogue, name string, x segmentEntry) (int, error) {
	r, err := segment.ParseText(x.Rule)
	if err != nil {
		return 0, err
	}
	if err := keptMetrics(catalogue, r); err != nil {
		return 0, err
	}
	made, err := segment.Put(ctx, s, name, segment.Document{Title: x.Title, Description: x.Description, Rule: r}, nil, "system")
	return made.Version, err
}
