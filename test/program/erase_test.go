package program_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// An erasure goes on however often the process is killed in the middle of it:
// after the next start it is done, nothing of the person is found, and what
// others did is all there.
func TestErasureSurvivesKill9(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key := command(t, "source", "add", "--data", dir, "erasing")
	token := command(t, "token", "add", "--data", dir, "--role", "admin", "check")
	s := start(t, "serve", "--data", dir)
	people := []string{"ana", "bia", "caio"}
	for _, who := range append(people, "stays") {
		s.lives(key, who)
	}
	cut := 0
	for i, who := range people {
		var wg sync.WaitGroup
		wg.Go(func() { _ = s.erase(token, who) })
		time.Sleep(time.Duration(20+40*i) * time.Millisecond)
		s.kill()
		wg.Wait()
		s = start(t, "serve", "--data", dir)
		begun, open := s.erasures(token)
		if open > 0 {
			cut++
		}
		if begun == i {
			// It was killed before it was written down: nothing was promised.
			if err := s.erase(token, who); err != nil {
				t.Fatal(err)
			}
		}
		s.erased(token, i+1)
	}
	t.Logf("%d of %d erasures were under way when the process came back", cut, len(people))
	s.nothingOf(token, people)
	n := 0
	for id, times := range s.listed(token) {
		if times != 1 || !strings.HasPrefix(id, "stays-") {
			t.Errorf("%s is there %d times", id, times)
		}
		n++
	}
	if n != eventsEach+1 {
		t.Errorf("who stays has %d events, want %d", n, eventsEach+1)
	}
	s.stop()
	wantRollupsRight(t, dir)
}

// eventsEach is how much each person did.
const eventsEach = 500

// lives sends what the person is called and did.
func (s *server) lives(key, who string) {
	s.t.Helper()
	group := map[string]any{"groupId": "acme"}
	batch := []map[string]any{{"type": "identify", "messageId": who + "-id", "userId": who + "-user", "traits": map[string]any{"email": who + "@example.com", "name": "Name " + who}, "context": group}}
	for n := range eventsEach {
		batch = append(batch, map[string]any{"type": "track", "event": "Report Created", "messageId": fmt.Sprintf("%s-%d", who, n), "userId": who + "-user", "context": group,
			"timestamp": time.Now().Add(-time.Duration(n) * time.Hour).UTC().Format(time.RFC3339), "properties": map[string]any{"by": who + "@example.com"}})
	}
	if err := s.post(key, "/v1/batch", map[string]any{"batch": batch}); err != nil {
		s.t.Fatal(err)
	}
}

// erase asks for the erasure of a person.
func (s *server) erase(token, who string) error {
	body, _ := json.Marshal(map[string]string{"person": who + "-user", "confirm": who + "-user", "reason": "asked for it"})
	req, _ := http.NewRequest(http.MethodPost, s.url+"/api/v1/erasures", bytes.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("the erasure was answered %s", res.Status)
	}
	return nil
}

// erasures counts those there are, and those under way.
func (s *server) erasures(token string) (all, open int) {
	s.t.Helper()
	var page struct {
		Erasures []struct{ Done *time.Time }
	}
	s.get(token, "/api/v1/erasures", &page)
	for _, e := range page.Erasures {
		if e.Done == nil {
			open++
		}
	}
	return len(page.Erasures), open
}

// erased waits until so many erasures are done, and none is under way. Done is
// what the program does by itself after its start.
func (s *server) erased(token string, want int) {
	s.t.Helper()
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		all, open := s.erasures(token)
		if all == want && open == 0 {
			return
		}
		if time.Since(begun) > time.Minute {
			s.t.Fatalf("%d erasures, %d of them open, want %d done:\n%s", all, open, want, s.logged())
		}
	}
}

// nothingOf wants no read of the API to find the people.
func (s *server) nothingOf(token string, people []string) {
	s.t.Helper()
	has := func(path string, who ...string) {
		var answer json.RawMessage
		s.get(token, path, &answer)
		for _, w := range who {
			for _, word := range []string{w + "-user", w + "@example.com", "Name " + w} {
				if strings.Contains(string(answer), word) {
					s.t.Errorf("%s has %q", path, word)
				}
			}
		}
	}
	// The log of what was asked comes first: what is asked by name below is in it.
	for _, path := range []string{"/api/v1/audit", "/api/v1/erasures", "/api/v1/events?account=acme&limit=1000", "/api/v1/rejections"} {
		has(path, people...)
	}
	for _, who := range people {
		has("/api/v1/people?tests=true&search="+who, who)
		has("/api/v1/events?person="+url.QueryEscape(who+"-user"), who)
	}
}
