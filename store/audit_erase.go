package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// redactAudit changes the texts of the audit log that redact changes, and links
// the entries from there on anew, so that an erasure does not look like
// somebody who tampers. A log whose chain was broken before stays broken. What
// was done is an entry itself, with the last sum of the chain before, by which
// a copy that is kept elsewhere can still be held against it.
func (s *Store) redactAudit(ctx context.Context, redact func(c textColumn, v string) string) (n int64, err error) {
	var last, before Audit
	var first string
	err = s.Write(ctx, func(tx *sql.Tx) error {
		n, first, last, before = 0, "", Audit{}, Audit{}
		whole := true
		for {
			rows, err := tx.QueryContext(ctx, `select `+auditColumns+` from audit where place > $1 order by place limit 1000`, before.place)
			list, err := collect(rows, err, scanAudit)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, a := range list {
				was := a
				whole = whole && a.sum == a.link() && (before.ID == "" || a.place == before.place+1 && a.before == before.sum)
				before = was
				changed := a.redact(redact)
				n += changed
				if changed > 0 && first == "" {
					first = a.ID
				}
				if first != "" && whole {
					if last.ID != "" {
						a.before = last.sum
					}
					a.sum = a.link()
				}
				last = a
				if changed == 0 && a.sum == was.sum {
					continue
				}
				if _, err := tx.ExecContext(ctx, `update audit set name = $2, action = $3, path = $4, detail = $5, address = $6, accounts = $7, before = $8, sum = $9 where id = $1`,
					a.ID, a.Name, a.Action, a.Path, string(a.Detail), a.Address, a.accounts, a.before, a.sum); err != nil {
					return err
				}
			}
		}
	})
	if err != nil || first == "" {
		return n, err
	}
	detail, err := json.Marshal(map[string]string{"from": first, "texts": fmt.Sprint(n), "sum_before": before.sum})
	if err != nil {
		return n, err
	}
	return n, s.AddAudit(ctx, Audit{Name: "Farol", Kind: AuditChange, Action: "erasure", Status: 200, Detail: detail})
}

// redact changes the entry's texts, and says how many.
func (a *Audit) redact(redact func(c textColumn, v string) string) (n int64) {
	detail := string(a.Detail)
	for name, v := range map[string]*string{"name": &a.Name, "action": &a.Action, "path": &a.Path, "detail": &detail, "address": &a.Address, "accounts": &a.accounts} {
		if now := redact(textColumn{"audit", name}, *v); now != *v {
			*v = now
			n++
		}
	}
	a.Detail = json.RawMessage(detail)
	return n
}
