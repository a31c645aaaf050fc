package program_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol/facts"
)

// sender posts batches until its server dies. What was not acknowledged it
// sends again in the next round with the same message ids, as SDKs do.
type sender struct {
	n       int
	rng     *rand.Rand
	made    int
	pending []map[string]any
	acked   []string
}

func (c *sender) batch() []map[string]any {
	if c.pending != nil {
		return c.pending
	}
	size := 1 + c.rng.IntN(60)
	for range size {
		c.made++
		c.pending = append(c.pending, map[string]any{
			"type": "track", "event": "Report Created", "messageId": fmt.Sprintf("c%d-%d", c.n, c.made),
			"userId": fmt.Sprintf("u%d", c.rng.IntN(50)), "context": map[string]any{"groupId": fmt.Sprintf("a%d", c.rng.IntN(7))},
			"timestamp": time.Now().Add(-time.Duration(c.rng.IntN(72)) * time.Hour).UTC().Format(time.RFC3339Nano),
		})
	}
	return c.pending
}

func (c *sender) run(s *server, key string) {
	for {
		batch := c.batch()
		if s.post(key, "/v1/batch", map[string]any{"batch": batch}) != nil {
			return
		}
		for _, e := range batch {
			c.acked = append(c.acked, e["messageId"].(string))
		}
		c.pending = nil
	}
}

// Every acknowledged event is there once, none twice, however often the
// process is killed; and the daily activity equals a recount of the log.
func TestAcknowledgedEventsSurviveKill9(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 4
	}
	dir := filepath.Join(t.TempDir(), "data")
	key := command(t, "source", "add", "--data", dir, "killed")
	token := command(t, "token", "add", "--data", dir, "check")
	rng := rand.New(rand.NewPCG(3, 9))
	senders := make([]*sender, 4)
	for i := range senders {
		senders[i] = &sender{n: i, rng: rand.New(rand.NewPCG(7, uint64(i)))}
	}
	for range rounds {
		s := start(t, "serve", "--data", dir)
		var wg sync.WaitGroup
		for _, c := range senders {
			wg.Go(func() { c.run(s, key) })
		}
		time.Sleep(time.Duration(30+rng.IntN(500)) * time.Millisecond)
		s.kill()
		wg.Wait()
	}

	s := start(t, "serve", "--data", dir)
	seen := s.listed(token)
	total := 0
	for _, c := range senders {
		for _, id := range c.acked {
			if seen[id] != 1 {
				t.Errorf("%s was acknowledged and is there %d times", id, seen[id])
			}
		}
		total += len(c.acked)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if total < rounds*10 {
		t.Errorf("only %d events were acknowledged in %d rounds: the test tested little", total, rounds)
	}
	t.Logf("%d acknowledged, %d stored, %d rounds", total, len(seen), rounds)
	s.stop()
	wantRollupsRight(t, dir)
}

// wantRollupsRight recounts the log of a stopped server against the rollup.
func wantRollupsRight(t *testing.T, dir string) {
	t.Helper()
	f, err := facts.Open(context.Background(), facts.Config{Path: filepath.Join(dir, "facts.duckdb"), Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rebuilt, err := f.Repair(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(rebuilt) > 0 {
		t.Errorf("the daily activity differed from the log on %v", rebuilt)
	}
}
