package program_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// provider is a real OpenID provider, a process of its own.
type provider struct {
	issuer string
	ready  func(redirect string)
}

func startProvider(t *testing.T) provider {
	t.Helper()
	cmd := exec.Command("node", "provider.mjs")
	cmd.Dir, cmd.Stderr = "../oidc", os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the provider did not start: run test/setup")
	}
	return provider{lines.Text(), func(redirect string) {
		t.Helper()
		io.WriteString(in, redirect+"\n")
		if !lines.Scan() || lines.Text() != "ready" {
			t.Fatal("the provider is not ready")
		}
	}}
}

// browser follows redirects and keeps cookies, as a browser does.
type browser struct {
	t      *testing.T
	client *http.Client
	last   *http.Response
	body   string
}

func newBrowser(t *testing.T) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t: t, client: &http.Client{Jar: jar}}
}

func (b *browser) took(res *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.last, b.body = res, string(raw)
	return b
}

func (b *browser) get(address string) *browser {
	b.t.Helper()
	return b.took(b.client.Get(address))
}

var formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)

// submit posts the page's form.
func (b *browser) submit(pairs ...string) *browser {
	b.t.Helper()
	m := formAction.FindStringSubmatch(b.body)
	if m == nil {
		b.t.Fatalf("no form at %s: %s", b.last.Request.URL, b.body)
	}
	to, err := b.last.Request.URL.Parse(m[1])
	if err != nil {
		b.t.Fatal(err)
	}
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return b.took(b.client.PostForm(to.String(), f))
}

// signIn goes the whole way through the provider as somebody.
func (b *browser) signIn(farol, who string) *browser {
	b.t.Helper()
	b.get(farol+"/sign-in/oidc?next=%2Fcatalogue").submit("prompt", "login", "login", who, "password", "x")
	if strings.Contains(b.last.Request.URL.Path, "/interaction/") {
		b.submit("prompt", "consent")
	}
	return b
}

// Members sign in at a real OpenID provider: code, PKCE, nonce, user
// information, groups, and everything that must not let anybody in.
func TestSignInAtProvider(t *testing.T) {
	t.Parallel()
	p := startProvider(t)
	dir := t.TempDir()
	command(t, "user", "add", "--data", dir, "boss@example.com", "--role", "admin")
	command(t, "user", "add", "--data", dir, "carla@example.com", "--role", "csm")
	s := start(t, "serve", "--data", dir, "--oidc-issuer", p.issuer, "--oidc-client-id", "farol", "--oidc-client-secret", "test secret",
		"--oidc-name", "Example", "--oidc-role", "leaders=manager", "--oidc-role", "cs=csm")
	p.ready(s.url + "/sign-in/oidc/callback")

	if b := newBrowser(t).get(s.url + "/sign-in"); !strings.Contains(b.body, "Example") {
		t.Error("the sign-in page does not offer the provider")
	}
	inside := func(who, role string) {
		t.Helper()
		b := newBrowser(t).signIn(s.url, who)
		if b.last.Request.URL.String() != s.url+"/catalogue" || b.last.StatusCode != 200 {
			t.Fatalf("%s ended at %s (%d): %.300s", who, b.last.Request.URL, b.last.StatusCode, b.body)
		}
		if res := b.get(s.url + "/team"); (res.last.StatusCode == 200) != (role == "admin") {
			t.Errorf("%s sees the team: %d", who, res.last.StatusCode)
		}
	}
	outside := func(who, says string) {
		t.Helper()
		b := newBrowser(t).signIn(s.url, who)
		if b.last.StatusCode != 422 || !strings.Contains(b.body, says) {
			t.Errorf("%s ended at %s (%d): %.600s", who, b.last.Request.URL, b.last.StatusCode, b.body)
		}
		if b.get(s.url+"/catalogue").last.Request.URL.Path == "/catalogue" {
			t.Errorf("%s is inside all the same", who)
		}
	}
	inside("boss", "admin")
	inside("carla", "csm")
	inside("nina+leaders+cs", "manager")
	outside("stranger", "ask an admin")
	outside("shady+cs", "does not vouch")
	outside("ghost+cs", "does not vouch")

	// Who comes back with another state, or gives up, is not let in.
	b := newBrowser(t).get(s.url + "/sign-in/oidc/callback?code=x&state=y")
	if b.last.StatusCode != 422 || !strings.Contains(b.body, "began elsewhere") {
		t.Errorf("a forged answer: %d", b.last.StatusCode)
	}
	b = newBrowser(t).get(s.url + "/sign-in/oidc")
	abort := regexp.MustCompile(`href="([^"]*/abort)"`).FindStringSubmatch(b.body)
	if abort == nil {
		t.Fatal("the provider offers no way back")
	}
	to, _ := b.last.Request.URL.Parse(abort[1])
	if b.get(to.String()); !strings.Contains(b.body, "cancelled") {
		t.Errorf("giving up: %d %.300s", b.last.StatusCode, b.body)
	}
}
