package facts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// AccountMoment is a moment of an account.
type AccountMoment struct {
	Account farol.AccountID
	Moment
}

// Happened lists what was learned of any account after since and up to upto: the
// tickets that were opened, the answers, and the marks whose trait is "$stage"
// or begins "$segment.", the earlier learned before the later, at most limit.
// The cost follows what is new.
func (f *Facts) Happened(ctx context.Context, since, upto time.Time, limit int) ([]AccountMoment, error) {
	var out []AccountMoment
	params := map[string]any{"since": since, "upto": upto, "limit": int64(limit)}
	const window = " AND known > {since:DateTime64(3)} AND known <= {upto:DateTime64(3)}"
	for _, s := range momentSources {
		cond := "1 = 1" + window
		switch s.kind {
		case TicketMoment:
			cond += " AND action = 'opened'"
		case AnswerMoment:
		default:
			continue
		}
		columns, read := "t.ts AS ts, t.known AS known, t.day AS day, t.id AS id, t.source AS source, "+s.name+" AS moment_name", ""
		for i, c := range s.columns {
			columns += fmt.Sprintf(", %s AS f%d", c, i)
			read += fmt.Sprintf(", m.f%d", i)
		}
		d := &doors{params: params, traits: &f.traits, movedOnly: " AND hash IN (SELECT hash FROM " + s.table + " WHERE " + cond + ")"}
		text := "SELECT m.account, m.ts, m.known, m.day, m.id, m.source, m.moment_name, m.person" + read + " FROM " + d.typed(s.table, columns, cond, "t.account", s.person) +
			" m ORDER BY m.known, m.id LIMIT {limit:Int64}"
		if err := f.happened(ctx, text, params, s.kind, s.fields, &out); err != nil {
			return nil, err
		}
	}
	text := `SELECT m.name, m.ts, m.known, m.day, m.id, m.source, m.trait, '' AS person, m.value FROM changes m WHERE m.subject = 'account' AND m.type = '` + markType +
		`' AND (m.trait = '$stage' OR m.trait LIKE '$segment.%')` + strings.ReplaceAll(window, " known ", " m.known ") + ` ORDER BY m.known, m.id LIMIT {limit:Int64}`
	if err := f.happened(ctx, text, params, MarkMoment, []string{"value"}, &out); err != nil {
		return nil, err
	}
	return out, nil
}

func (f *Facts) happened(ctx context.Context, text string, params map[string]any, kind string, fields []string, out *[]AccountMoment) error {
	rows, err := f.reading(ctx, text, time.Time{}, params)
	if err != nil {
		return fmt.Errorf("facts: what happened: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		m := AccountMoment{Moment: Moment{Kind: kind, Fields: map[string]string{}}}
		var day time.Time
		values := make([]string, len(fields))
		into := []any{&m.Account, &m.At, &m.Known, &day, &m.ID, &m.Source, &m.Name, &m.Person}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		m.At, m.Known, m.Day = m.At.UTC(), m.Known.UTC(), farol.Day(day.Unix()/86400)
		for i, x := range values {
			if x != "" {
				m.Fields[fields[i]] = strings.TrimSuffix(x, ".0")
			}
		}
		*out = append(*out, m)
	}
	return rows.Err()
}
