package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Item is an action item of a note: a line of a Markdown task list.
type Item struct {
	// Text is what is to be done, without whom and when.
	Text string
	// Who is the name mentioned, Due the day named; "" and 0 for none.
	Who string
	Due farol.Day
	// Ticked items are done as they stand and make no task.
	Ticked bool
	// Key tells the item from others of its note.
	Key string
}

var (
	itemForm = regexp.MustCompile(`(?m)^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[([ xX])\][ \t]+(\S.*)$`)
	dayForm  = regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`)
)

// Items lists the action items of a text. What stands in a code block is no
// item.
func Items(body string) []Item {
	var out []Item
	for _, m := range itemForm.FindAllStringSubmatch(withoutCode(body), -1) {
		i := Item{Ticked: m[1] != " ", Text: m[2]}
		if names := Mentioned(m[2]); len(names) > 0 {
			i.Who = names[0]
			i.Text = dropMention.ReplaceAllString(i.Text, " ")
		}
		if d := dayForm.FindString(i.Text); d != "" {
			if day, err := farol.ParseDay(d); err == nil {
				i.Due, i.Text = day, strings.ReplaceAll(i.Text, d, "")
			}
		}
		i.Text = strings.Trim(strings.Join(strings.Fields(strings.ReplaceAll(i.Text, "()", " ")), " "), " :,;–-")
		if i.Text == "" {
			continue
		}
		sum := sha256.Sum256([]byte(strings.ToLower(i.Text)))
		i.Key = hex.EncodeToString(sum[:6])
		out = append(out, i)
	}
	return out
}

// dropMention is the first mention of an item: who is to do it.
var dropMention = regexp.MustCompile(`(?i)(?:^|[ (])@[a-z0-9][a-z0-9._+-]*\)?`)

// withoutCode blanks what stands between fences.
func withoutCode(body string) string {
	lines, fenced := strings.Split(body, "\n"), false
	for i, l := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(l), "```")
		if fence || fenced {
			lines[i] = ""
		}
		if fence {
			fenced = !fenced
		}
	}
	return strings.Join(lines, "\n")
}

// withoutItems is the text without its open action items: whoever is to do one
// is told of the task, and need not be told of the mention, too.
func withoutItems(body string) string {
	return itemForm.ReplaceAllStringFunc(body, func(line string) string {
		if items := Items(line); len(items) == 1 && !items[0].Ticked {
			return ""
		}
		return line
	})
}

// itemSource is the source of the task of an item.
func itemSource(note, key string) string { return "note:" + note + "#" + key }

// noteTasks makes a task of each open item that has none yet. An item that was
// reworded is another one; the task of the former stays with who has it.
func (s *Store) noteTasks(ctx context.Context, tx *sql.Tx, n Note, by MemberID) error {
	for _, i := range Items(n.Body) {
		if i.Ticked {
			continue
		}
		t := Task{Account: n.Account, Title: cut(i.Text, 200), Kind: "activity", Due: i.Due, Creator: string(by), Source: itemSource(n.ID, i.Key)}
		if n.Title != "" {
			t.Body = n.Title
		}
		var have int
		if err := tx.QueryRowContext(ctx, `select count(*) from tasks where source = $1`, t.Source).Scan(&have); err != nil || have > 0 {
			if err != nil {
				return err
			}
			continue
		}
		owners, err := mentioned(ctx, tx, "@"+i.Who)
		if err != nil {
			return err
		}
		if t.Owner = by; len(owners) > 0 {
			t.Owner = owners[0]
		} else if strings.HasPrefix(string(by), "token:") {
			t.Owner = ""
		}
		if err := t.check(); err != nil {
			return err
		}
		if err := s.insertTask(ctx, tx, &t); err != nil {
			return err
		}
	}
	return nil
}

// NoteTasks are the tasks that a note's items became, by the item's key.
func (s *Store) NoteTasks(ctx context.Context, note string) (map[string]Task, error) {
	prefix := itemSource(key(note), "")
	rows, err := s.reader.QueryContext(ctx, `select `+taskColumns+` from tasks where source like $1 escape '!' and deleted is null`, strings.TrimPrefix(likeText(prefix), "%"))
	list, err := collect(rows, err, scanTask)
	out := map[string]Task{}
	for _, t := range list {
		out[strings.TrimPrefix(t.Source, prefix)] = t
	}
	return out, err
}

// tickItem writes into the note that an item was done, or is open again.
func (s *Store) tickItem(ctx context.Context, tx *sql.Tx, t Task) error {
	id, item, ok := strings.Cut(strings.TrimPrefix(t.Source, "note:"), "#")
	if !ok || !strings.HasPrefix(t.Source, "note:") {
		return nil
	}
	n, err := findNote(ctx, tx, id, time.Time{})
	if farol.KindOf(err) == farol.NotFound {
		return nil // the note is gone, the task stays
	}
	if err != nil {
		return err
	}
	mark := "[ ]"
	if t.Outcome == "done" {
		mark = "[x]"
	}
	body := itemForm.ReplaceAllStringFunc(n.Body, func(line string) string {
		if items := Items(strings.TrimSpace(line)); slices.ContainsFunc(items, func(i Item) bool { return i.Key == item }) {
			at := strings.Index(line, "[")
			return line[:at] + mark + line[at+3:]
		}
		return line
	})
	if body == n.Body {
		return nil
	}
	_, err = tx.ExecContext(ctx, `update notes set body = $2 where id = $1`, n.ID, body)
	return err
}
