package program_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol/store"
)

// postbox is a real SMTP server and what it was given.
type postbox struct {
	address, ca string
	mu          sync.Mutex
	mails       []delivered
}

type delivered struct {
	To     []string `json:"to"`
	From   string   `json:"from"`
	Secure bool     `json:"secure"`
	Raw    string   `json:"raw"`
}

func (b *postbox) to(who string) []delivered {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []delivered
	for _, m := range b.mails {
		if len(m.To) == 1 && m.To[0] == who {
			out = append(out, m)
		}
	}
	return out
}

// certify writes a key and a certificate for 127.0.0.1.
func certify(t *testing.T, dir string) (keyFile, certFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "farol test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	check(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	keyFile, certFile = filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")
	check(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	check(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return keyFile, certFile
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openPostbox(t *testing.T) *postbox {
	t.Helper()
	key, cert := certify(t, t.TempDir())
	cmd := exec.Command("node", "../mail/server.mjs", key, cert)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	if err := cmd.Start(); err != nil {
		t.Fatalf("the SMTP server is needed: run test/setup (%v)", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		t.Fatal("the SMTP server is needed: run test/setup")
	}
	b := &postbox{address: "127.0.0.1:" + lines.Text(), ca: cert}
	go func() {
		for lines.Scan() {
			var m delivered
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				b.mu.Lock()
				b.mails = append(b.mails, m)
				b.mu.Unlock()
			}
		}
	}()
	return b
}

// parts are the texts of a multipart mail by their type.
func parts(t *testing.T, raw string) (*mail.Message, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	check(t, err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	check(t, err)
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return m, out
		}
		check(t, err)
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		check(t, err)
		out[kind] = string(b)
	}
}

// The daily mail goes out in the member's language, once: also when the
// process is killed while the server has the mail and has not said so.
func TestDailyMail(t *testing.T) {
	box := openPostbox(t)
	dir := filepath.Join(t.TempDir(), "data")
	check(t, os.MkdirAll(dir, 0o700))
	state := "sqlite:" + filepath.Join(dir, "state.db")
	ctx := context.Background()
	s, err := store.Open(ctx, state, time.Now)
	check(t, err)
	ids := map[string]store.MemberID{}
	for _, n := range []string{"boss", "ana", "slow", "busy", "never"} {
		m, err := s.AddMember(ctx, store.NewMember{Email: n + "@example.com", Name: strings.ToUpper(n[:1]) + n[1:] + " Souza", Role: store.Admin, Password: "a long password", Language: map[bool]string{true: "pt-BR"}[n == "ana"]})
		check(t, err)
		ids[n] = m.ID
		hour := 0
		if n == "never" || n == "boss" {
			hour = store.NoDigest
		}
		check(t, s.SetPreferences(ctx, m.ID, store.Preferences{Digest: hour, Zone: "UTC"}))
	}
	for _, n := range []string{"ana", "slow", "busy", "never"} {
		_, err = s.AddTask(ctx, store.Task{Title: "Ligar & <b>perguntar</b>", Owner: ids[n], Creator: string(ids["boss"])})
		check(t, err)
	}
	check(t, s.Close())

	args := []string{"serve", "--data", dir, "--base-url", "http://farol.example", "--smtp-url", "smtp://farol:s3cret%20word@" + box.address, "--smtp-from", "Farol <farol@example.com>", "--smtp-ca", box.ca}
	first := start(t, args...)
	wait(t, func() bool { return len(box.to("ana@example.com")) == 1 && len(box.to("slow@example.com")) == 1 })
	first.kill() // while the server still waits before it answers for slow@
	second := start(t, args...)
	time.Sleep(6 * time.Second)
	for _, n := range []string{"ana", "slow"} {
		if got := len(box.to(n + "@example.com")); got != 1 {
			t.Errorf("%s got %d mails, want one", n, got)
		}
	}
	if n := len(box.to("never@example.com")) + len(box.to("boss@example.com")); n != 0 {
		t.Errorf("%d mails to those who want none", n)
	}
	if strings.Contains(first.logged()+second.logged(), "s3cret") {
		t.Error("the log holds the password")
	}

	mail := box.to("ana@example.com")[0]
	m, text := parts(t, mail.Raw)
	if !mail.Secure || mail.From != "farol@example.com" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers %v", m.Header)
	}
	if !strings.Contains(text["text/plain"], "Boss Souza passou uma tarefa para você: Ligar & <b>perguntar</b>") || !strings.Contains(text["text/plain"], "http://farol.example/notices/") {
		t.Errorf("the text is %q", text["text/plain"])
	}
	if !strings.Contains(text["text/html"], "Ligar &amp; &lt;b&gt;perguntar&lt;/b&gt;") {
		t.Errorf("the HTML is %q", text["text/html"])
	}

	// One click stops it; following the link alone does not.
	link, err := url.Parse(regexp.MustCompile(`<(http[^>]+)>`).FindStringSubmatch(m.Header.Get("List-Unsubscribe"))[1])
	check(t, err)
	wants := func(hour int) {
		t.Helper()
		s, err := store.Open(ctx, state, time.Now)
		check(t, err)
		defer s.Close()
		p, err := s.Preferences(ctx, ids["ana"])
		if check(t, err); p.Digest != hour {
			t.Errorf("the hour is %d, want %d", p.Digest, hour)
		}
	}
	res, err := http.Get(second.url + link.Path)
	check(t, err)
	res.Body.Close()
	wants(0)
	res, err = http.Post(second.url+link.Path, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	check(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("stopping answered %d", res.StatusCode)
	}
	wants(store.NoDigest)
}

// wait waits until the condition holds: it bounds a hang, and says nothing of
// speed.
func wait(t *testing.T, holds func() bool) {
	t.Helper()
	for range 600 {
		if holds() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("this never held")
}
