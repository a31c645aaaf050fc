// Package bench measures the program against plain alternatives in the same
// run. Nothing here is asserted: `make bench` prints it.
package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Load is a number of clients that send batches as fast as they are answered.
type Load struct {
	// Address of the server, host and port.
	Address string
	// Key is the write key.
	Key string
	// Clients send at the same time, each on a connection of its own.
	Clients int
	// Batch is the number of events of a request.
	Batch int
	// Events to send in all; a multiple of Batch.
	Events int
	// From numbers the first event, so that several loads differ.
	From int
}

// Outcome is what a load saw.
type Outcome struct {
	Took time.Duration
	// P50, P99 and Max are answer times of requests.
	P50, P99, Max time.Duration
	// Refused requests were answered 429 or 503 and sent again.
	Refused int64
}

// Run sends it all. Clients build their bodies before the clock starts: the
// load generator shares the machine with the server.
func (l Load) Run() (Outcome, error) {
	requests := l.Events / l.Batch
	var next, refused atomic.Int64
	times := make([][]time.Duration, l.Clients)
	clients := make([]*client, l.Clients)
	for i := range clients {
		clients[i] = newClient(l, i)
	}
	began := time.Now()
	errs := make([]error, l.Clients)
	var wait sync.WaitGroup
	for i, c := range clients {
		wait.Go(func() {
			errs[i] = c.connect()
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= requests {
					break
				}
				sent := time.Now()
				errs[i] = c.send(l.From+n*l.Batch, &refused)
				times[i] = append(times[i], time.Since(sent))
			}
			c.close()
		})
	}
	wait.Wait()
	o := Outcome{Took: time.Since(began), Refused: refused.Load()}
	all := slices.Sorted(slices.Values(slices.Concat(times...)))
	if n := len(all); n > 0 {
		o.P50, o.P99, o.Max = all[n/2], all[n*99/100], all[n-1]
	}
	return o, errors.Join(errs...)
}

// client writes requests made once, in which only the message ids change.
type client struct {
	address string
	conn    net.Conn
	answers *bufio.Reader
	bodies  []body
	turn    int
}

type body struct {
	request []byte
	// ids are where the digits of each event's message id begin.
	ids []int
}

// variety is how many different bodies a client has.
const variety = 16

func newClient(l Load, number int) *client {
	c := &client{address: l.Address}
	r := rand.New(rand.NewPCG(uint64(number), 7))
	for range variety {
		c.bodies = append(c.bodies, newBody(l, r))
	}
	return c
}

const digits = "000000000000"

func newBody(l Load, r *rand.Rand) body {
	json := Batch(r, l.Batch, time.Now())
	head := fmt.Sprintf("POST /v1/batch HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-Write-Key: %s\r\nContent-Length: %d\r\n\r\n", l.Address, l.Key, len(json))
	b := body{request: append([]byte(head), json...)}
	for at := 0; ; {
		i := bytes.Index(b.request[at:], []byte(digits))
		if i < 0 {
			return b
		}
		b.ids = append(b.ids, at+i)
		at += i + len(digits)
	}
}

// Batch is the body of n events as a server of a SaaS company sends them
// through Segment's library for Node: 20,000 people of 400 accounts, 40 kinds
// of events over the last four weeks. The message ids end in twelve zeros,
// to be overwritten.
func Batch(r *rand.Rand, n int, now time.Time) []byte {
	var s strings.Builder
	s.WriteString(`{"batch":[`)
	for i := range n {
		if i > 0 {
			s.WriteByte(',')
		}
		person := r.IntN(20_000)
		at := now.Add(-time.Duration(r.IntN(28*24*3600)) * time.Second).UTC()
		fmt.Fprintf(&s, `{"messageId":"node-next-1769900000-%s","userId":"user-%05d","timestamp":"%s","type":"track","event":"Feature %02d Used",`+
			`"properties":{"report":"weekly","rows":%d,"plan":"pro","filters":["owner","stage"],"seconds":%d},`+
			`"context":{"groupId":"account-%03d","library":{"name":"@segment/analytics-node","version":"3.1.0"}},`+
			`"integrations":{},"_metadata":{"nodeVersion":"20.20.2","jsRuntime":"node"}}`,
			digits, person, at.Format("2006-01-02T15:04:05.000Z"), r.IntN(40), r.IntN(1000), r.IntN(300), person%400)
	}
	fmt.Fprintf(&s, `],"sentAt":"%s"}`, now.UTC().Format("2006-01-02T15:04:05.000Z"))
	return []byte(s.String())
}

// number writes the events' numbers into their message ids.
func (b body) number(from int) {
	for i, at := range b.ids {
		n := from + i
		for d := len(digits) - 1; d >= 0; d-- {
			b.request[at+d] = byte('0' + n%10)
			n /= 10
		}
	}
}

func (c *client) connect() (err error) {
	if c.conn, err = net.Dial("tcp", c.address); err == nil {
		c.answers = bufio.NewReader(c.conn)
	}
	return err
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
	}
}

// send sends one batch, again and again while it is refused for now.
func (c *client) send(from int, refused *atomic.Int64) error {
	b := c.bodies[c.turn%len(c.bodies)]
	c.turn++
	b.number(from)
	for {
		if _, err := c.conn.Write(b.request); err != nil {
			return err
		}
		status, err := c.answer()
		switch {
		case err != nil:
			return err
		case status == 200:
			return nil
		case status != 429 && status != 503:
			return fmt.Errorf("answered %d", status)
		}
		refused.Add(1)
		time.Sleep(50 * time.Millisecond)
	}
}

// answer reads as little of the answer as will do: net/http's client would
// take a tenth of the machine.
func (c *client) answer() (status int, err error) {
	length := 0
	for n := 0; ; n++ {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		switch {
		case n == 0 && len(line) > 12:
			status, err = strconv.Atoi(string(line[9:12]))
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length, err = strconv.Atoi(string(line[16:]))
		case len(line) == 0:
			_, err = io.CopyN(io.Discard, c.answers, int64(length))
			return status, err
		}
		if err != nil {
			return 0, err
		}
	}
}
