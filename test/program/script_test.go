package program_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The command line, as scripts: testdata/*.txtar.
func TestScripts(t *testing.T) {
	dir := filepath.Dir(farol(t))
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", dir+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
	})
}

// One process at a time has the data; the other is told what to do, and can
// do it through the server.
func TestKeysThroughARunningServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	token := command(t, "token", "add", "--data", dir, "admin")
	s := start(t, "serve", "--data", dir, "--key-rate", "1")
	if out, err := fails(t, "source", "add", "--data", dir, "late"); err == nil || !contains(out, "--server") {
		t.Errorf("with the data held: %v %s", err, out)
	}
	key := command(t, "source", "add", "--server", s.url, "--token", token, "Through the server")
	if err := s.post(key, "/v1/track", map[string]any{"userId": "u", "event": "Login"}); err != nil {
		t.Error(err)
	}
	viewer := command(t, "token", "add", "--server", s.url, "--token", token, "--role", "viewer", "BI")
	if password := command(t, "user", "add", "--server", s.url, "--token", token, "--role", "csm", "bia@example.com"); len(password) != 16 {
		t.Errorf("the password is %q", password)
	}
	if out, err := fails(t, "source", "add", "--server", s.url, "--token", viewer, "no"); err == nil || !contains(out, "403") {
		t.Errorf("a viewer made a source: %v %s", err, out)
	}
	refused := false
	for i := 0; i < 20 && !refused; i++ {
		err := s.post(key, "/v1/track", map[string]any{"userId": "u", "event": "Login"})
		refused = err != nil && contains(err.Error(), "429")
	}
	if !refused {
		t.Error("a key sends as often as it likes")
	}
	if err := s.post("wk_nobody", "/v1/track", map[string]any{"userId": "u", "event": "Login"}); err == nil || !contains(err.Error(), "401") {
		t.Errorf("an unknown key: %v", err)
	}
}
