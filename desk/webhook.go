package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// genuineWebhook checks the signature of Standard Webhooks 1.0.0: "v1," and
// base64(HMAC-SHA256(secret, id + "." + timestamp + "." + body)), several of
// them parted by spaces while a secret is renewed. The secret is the base64
// after "whsec_".
func genuineWebhook(secret string, r request) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return refused("the secret is not of this form")
	}
	id, stamp, given := r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"), r.header.Get("Webhook-Signature")
	if id == "" || stamp == "" || given == "" {
		return refused("the signature is missing")
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(r.body)
	want := m.Sum(nil)
	ok := false
	for _, s := range strings.Fields(given) {
		v, is := strings.CutPrefix(s, "v1,")
		sum, err := base64.StdEncoding.DecodeString(v)
		ok = ok || is && err == nil && hmac.Equal(want, sum)
	}
	if !ok {
		return refused("the signature is not of this secret")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Unix(seconds, 0).Sub(r.now).Abs() > drift {
		return refused("the signature is too old")
	}
	return nil
}

// Mapping says where in a webhook's body each field of a ticket is.
type Mapping struct {
	// Sample is a body to try it on.
	Sample json.RawMessage `json:"sample,omitempty"`
	// Fields maps names of MappedFields to paths such as issue.fields[0].name;
	// what begins with "=" is a text that holds always.
	Fields map[string]string `json:"fields"`
	// Statuses and Priorities translate the sender's words.
	Statuses   map[string]string `json:"statuses,omitempty"`
	Priorities map[string]string `json:"priorities,omitempty"`
	// CSATMin and CSATMax are the ends of the scale of csat; 1 and 5 when both
	// are 0.
	CSATMin float64 `json:"csat_min,omitempty"`
	CSATMax float64 `json:"csat_max,omitempty"`
}

// MappedFields lists the fields of a ticket that can be mapped, in the order in
// which a person would fill them in.
var MappedFields = []string{
	"id", "subject", "status", "priority", "updated_at", "opened_at", "first_reply_at", "solved_at",
	"requester_email", "requester_name", "requester_id", "account_id", "account_name",
	"channel", "topic", "tags", "assignee", "url", "reopened_count", "csat", "csat_comment",
}

// Statuses and Priorities are what words may be translated to.
var (
	Statuses   = []string{facts.TicketOpen, facts.TicketPending, facts.TicketOnHold, facts.TicketSolved, facts.TicketClosed}
	Priorities = []string{"low", "normal", "high", "urgent"}
)

// usualStatus are words that need no translation.
var usualStatus = map[string]string{
	"open": facts.TicketOpen, "new": facts.TicketOpen, "to do": facts.TicketOpen, "todo": facts.TicketOpen, "in progress": facts.TicketOpen, "reopened": facts.TicketOpen, "active": facts.TicketOpen,
	"pending": facts.TicketPending, "waiting": facts.TicketPending, "waiting on customer": facts.TicketPending, "waiting for customer": facts.TicketPending, "snoozed": facts.TicketPending,
	"on hold": facts.TicketOnHold, "hold": facts.TicketOnHold, "solved": facts.TicketSolved, "resolved": facts.TicketSolved, "done": facts.TicketSolved, "closed": facts.TicketClosed,
	"aberto": facts.TicketOpen, "novo": facts.TicketOpen, "em andamento": facts.TicketOpen, "pendente": facts.TicketPending, "aguardando cliente": facts.TicketPending,
	"em espera": facts.TicketOnHold, "resolvido": facts.TicketSolved, "concluído": facts.TicketSolved, "fechado": facts.TicketClosed,
}

// maxWords bounds the words that are translated.
const maxWords = 200

// check refuses what cannot work, naming the field.
func (m Mapping) check() error {
	if m.Fields["id"] == "" {
		return need("fields.id")
	}
	for name, path := range m.Fields {
		if !slices.Contains(MappedFields, name) {
			return farol.InvalidField("fields."+name, "is no field of a ticket")
		}
		if path == "" || strings.HasPrefix(path, "=") {
			continue
		}
		if _, err := parsePath(path); err != nil {
			return farol.InvalidField("fields."+name, err.Error())
		}
	}
	for _, w := range []struct {
		name    string
		words   map[string]string
		allowed []string
	}{{"statuses", m.Statuses, Statuses}, {"priorities", m.Priorities, Priorities}} {
		if len(w.words) > maxWords {
			return farol.InvalidField(w.name, "must be at most %d", maxWords)
		}
		alike := map[string]bool{}
		for from, to := range w.words {
			if !slices.Contains(w.allowed, to) {
				return farol.InvalidField(w.name+"."+from, "must be one of: %s", strings.Join(w.allowed, ", "))
			}
			if alike[word(from)] {
				return farol.InvalidField(w.name+"."+from, "stands here twice")
			}
			alike[word(from)] = true
		}
	}
	if len(m.Sample) > 100_000 {
		return farol.InvalidField("sample", "is too large")
	}
	if m.CSATMin != 0 || m.CSATMax != 0 {
		if !(m.CSATMax > m.CSATMin) || math.IsInf(m.CSATMax-m.CSATMin, 0) {
			return farol.InvalidField("csat_max", "must be above csat_min")
		}
	}
	return nil
}

// Read reads a body by the mapping. Errors: Invalid with the field of the
// ticket that cannot be read.
func (m Mapping) Read(body []byte) (Read, error) {
	n, err := parse(body)
	if err != nil {
		return Read{}, err
	}
	if len(m.Fields) == 0 {
		return Read{}, farol.InvalidField("mapping", "say first where the fields are: the webhook has no mapping yet")
	}
	get := func(name string) node { return m.find(n, name) }
	t := &Ticket{ID: get("id").text(), Reopened: -1}
	if t.ID == "" {
		return Read{}, need("id")
	}
	for _, x := range []struct {
		name string
		into *string
	}{
		{"subject", &t.Subject}, {"status", &t.StatusRaw}, {"channel", &t.Channel}, {"topic", &t.Topic}, {"assignee", &t.Assignee}, {"url", &t.URL}, {"csat_comment", &t.CSATComment},
		{"requester_email", &t.Requester.Email}, {"requester_name", &t.Requester.Name}, {"requester_id", &t.Requester.ID}, {"account_id", &t.Requester.Account}, {"account_name", &t.Requester.OrgName},
	} {
		*x.into = get(x.name).text()
	}
	t.Requester.Org = strings.ToLower(t.Requester.OrgName)
	t.Status = firstOf(lookUp(m.Statuses, t.StatusRaw), usualStatus[word(t.StatusRaw)])
	raw := get("priority").text()
	t.Priority, t.Tags = firstOf(lookUp(m.Priorities, raw), priorityOf(raw)), get("tags").texts()
	for _, x := range []struct {
		name string
		into *time.Time
	}{{"opened_at", &t.Opened}, {"first_reply_at", &t.FirstReply}, {"solved_at", &t.Solved}, {"updated_at", &t.Updated}} {
		v := get(x.name)
		if *x.into = v.instant(); x.into.IsZero() && v.text() != "" {
			return Read{}, farol.InvalidField(x.name, "is no time: %s", v.text())
		}
	}
	return Read{Ticket: t}, m.numbers(get, t)
}

// numbers reads the fields that are numbers.
func (m Mapping) numbers(get func(string) node, t *Ticket) error {
	if v := get("reopened_count"); v.text() != "" {
		n, ok := v.number()
		if !ok || n < 0 || n > 10_000 || n != math.Trunc(n) {
			return farol.InvalidField("reopened_count", "is no number of times: %s", v.text())
		}
		t.Reopened = int(n)
	}
	v := get("csat")
	if v.text() == "" {
		return nil
	}
	low, high := m.CSATMin, m.CSATMax
	if low == 0 && high == 0 {
		low, high = 1, 5
	}
	n, ok := v.number()
	if !ok || n < low || n > high {
		return farol.InvalidField("csat", "is not on the scale: %s", v.text())
	}
	score := (n - low) / (high - low)
	t.CSAT, t.CSATRaw = &score, v.text()
	return nil
}

func lookUp(words map[string]string, s string) string {
	for k, v := range words {
		if word(k) == word(s) {
			return v
		}
	}
	return ""
}

func (m Mapping) find(n node, name string) node {
	path := m.Fields[name]
	if text, ok := strings.CutPrefix(path, "="); ok {
		return node{text}
	}
	if path == "" {
		return node{}
	}
	steps, err := parsePath(path)
	if err != nil {
		return node{}
	}
	return n.at(steps...)
}

type pathError string

func (e pathError) Error() string { return string(e) }

// parsePath reads a path: names parted by dots, places in brackets, and names
// with dots in brackets and quotes; a leading "$" is allowed.
func parsePath(s string) ([]string, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "$"), ".")
	var out []string
	for rest != "" {
		var step string
		switch {
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, pathError("has a bracket that is not closed")
			}
			step, rest = strings.Trim(rest[1:end], `"'`), rest[end+1:]
		default:
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			step, rest = rest[:end], rest[end:]
		}
		if step == "" {
			return nil, pathError("has a name that is empty")
		}
		if strings.HasPrefix(rest, ".") {
			if rest = rest[1:]; rest == "" {
				return nil, pathError("ends with a dot")
			}
		}
		out = append(out, step)
	}
	if len(out) == 0 || len(out) > maxDepth {
		return nil, pathError("is no path such as issue.fields[0].name")
	}
	return out, nil
}

// PathValue is a value of a sample with the path that leads to it.
type PathValue struct{ Path, Value string }

// maxPaths bounds how much of a sample is shown.
const maxPaths = 300

// Paths lists the values of a sample with their paths, in the order of names.
// Errors: Invalid with the field body.
func Paths(sample []byte) ([]PathValue, error) {
	n, err := parse(sample)
	if err != nil {
		return nil, err
	}
	var out []PathValue
	walk(n, "", &out)
	return out, nil
}

func walk(n node, path string, out *[]PathValue) {
	if len(*out) >= maxPaths {
		return
	}
	switch v := n.v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			walk(node{v[k]}, stepInto(path, k), out)
		}
	case []any:
		if len(v) > 0 && (node{v[0]}).text() != "" {
			*out = append(*out, PathValue{path, strings.Join(n.texts(), ", ")})
		}
		for i, x := range v[:min(len(v), 3)] {
			walk(node{x}, path+"["+strconv.Itoa(i)+"]", out)
		}
	case nil:
	default:
		text := n.text()
		if r := []rune(text); len(r) > 80 {
			text = string(r[:80]) + "…"
		}
		*out = append(*out, PathValue{path, text})
	}
}

func stepInto(path, name string) string {
	if strings.ContainsAny(name, `.[]"'`) || name == "" {
		return path + `["` + strings.NewReplacer(`"`, "", "]", "").Replace(name) + `"]`
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
