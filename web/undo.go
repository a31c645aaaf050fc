package web

import (
	"net/url"

	"github.com/farol-cs/farol/store"
)

// withUndo keeps how to take back what the member just did, and answers the
// address to go on to, which offers it. what is a sentence in the member's
// language, "" when there is nothing to take back.
func (s *server) withUndo(v *visit, to, what string, body store.UndoBody) string {
	add := url.Values{"done": {"saved"}}
	if what != "" {
		u, err := s.Store.AddUndo(v.r.Context(), store.Undo{Member: v.member.ID, What: what, Body: body})
		if err == nil {
			add = url.Values{"undo": {u.ID}}
		} else {
			s.Log.Error("an action cannot be taken back", "request", v.id, "error", err)
		}
	}
	return withQuery(to, add)
}

// withQuery adds to the query of a local address, and drops what it said of an
// action before.
func withQuery(to string, add url.Values) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for _, k := range []string{"done", "undo", "undone"} {
		q.Del(k)
	}
	for k, x := range add {
		q[k] = x
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// undo takes back what the member did, or the last thing for "last".
func (s *server) undo(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	id, back := v.r.PathValue("id"), localPath(v.r.PostForm.Get("back"))
	if id == "last" {
		id = ""
	}
	u, err := s.Store.Undo(v.r.Context(), v.member.ID, id)
	if err != nil {
		return err
	}
	kept, err := s.Store.TakeBack(v.r.Context(), u)
	if err != nil {
		return err
	}
	if c := u.Body.Change; c != "" {
		n, err := s.customerWork().Undo(v.r.Context(), c, string(v.member.ID))
		if err != nil {
			return err
		}
		change, err := s.Store.CustomerChange(v.r.Context(), c)
		if err != nil {
			return err
		}
		kept += change.Count - n
		if err := s.Customers.Refresh(v.r.Context()); err != nil {
			return err
		}
	}
	// The audit log says what it was.
	v.r.PostForm.Set("undone", u.What)
	what := "undone"
	if kept > 0 {
		what = "undone-some"
	}
	return v.redirect(withQuery(back, url.Values{"done": {what}}))
}

// offerUndo keeps how to take a change of customers back. It answers the
// address that offers it, "" for the list, which has an offer of its own.
func (s *server) offerUndo(v *visit, back *url.URL, done store.CustomerChange) (string, error) {
	if done.ID == "" {
		return "", nil
	}
	n, err := s.names(v)
	if err != nil {
		return "", err
	}
	to := s.withUndo(v, back.RequestURI(), n.changeText(done), store.UndoBody{Change: done.ID})
	if back.Path == "/customers" {
		return "", nil
	}
	return to, nil
}
