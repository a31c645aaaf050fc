package metric

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var updateDocs = flag.Bool("update", false, "write docs/metrics.md anew")

// docs/metrics.md is what the catalogue says.
func TestDocs(t *testing.T) {
	const file = "../docs/metrics.md"
	var want bytes.Buffer
	if err := loadCatalogue(t).WriteDocs(&want); err != nil {
		t.Fatal(err)
	}
	if *updateDocs {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want.Bytes()) {
		t.Errorf("%s is not what the catalogue says: go test ./metric -run TestDocs -update", file)
	}
}
