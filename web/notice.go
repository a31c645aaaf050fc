package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// noticesPage is what a member was told, by customer.
type noticesPage struct {
	shell
	Groups []noticeGroup
	Unseen int
	Only   bool
}

type noticeGroup struct {
	Account, Name string
	Notices       []noticeRow
	Unseen        int
}

type noticeRow struct {
	store.Notice
	Who, Href, What, Said string
	// For says for whom the reader hears of it, "" for themselves.
	For string
	New bool
}

var noticeTexts = map[string]lang.Text{
	store.NoticeMention: lang.Text("mentioned you"), store.NoticeTask: lang.Text("gave you a task"),
	store.NoticeMessage: lang.Text("wrote"), store.NoticeChange: lang.Text("changed"), store.NoticeSilent: lang.Text("fell silent"),
}

func (s *server) notices(v *visit) error {
	p := noticesPage{shell: v.shell(lang.Text("Notices")), Only: v.r.URL.Query().Get("only") == "unread"}
	p.Question = v.p.T("What were you told, and what have you not read yet?")
	rows, err := s.noticeRows(v, p.Only, 200)
	if err != nil {
		return err
	}
	p.Groups = s.noticeGroups(v, rows)
	for _, g := range p.Groups {
		p.Unseen += g.Unseen
	}
	return s.send(v, http.StatusOK, "notices", v.panel(), p)
}

// panel is the block of a page that may open at the side.
func (v *visit) panel() string {
	if v.fragment() {
		return "panel"
	}
	return "layout"
}

func (s *server) noticeRows(v *visit, unseen bool, limit int) ([]noticeRow, error) {
	notices, err := s.Store.NoticesAt(v.r.Context(), v.member.ID, v.past, unseen, limit)
	if err != nil {
		return nil, err
	}
	who, err := s.writers(v)
	if err != nil {
		return nil, err
	}
	words, err := s.words(v)
	if err != nil {
		return nil, err
	}
	var out []noticeRow
	for _, n := range notices {
		row := noticeRow{Notice: n, Who: cmp.Or(who[string(n.Author)], string(n.Author)), Href: "/notices/" + url.PathEscape(n.ID), What: v.p.Text(noticeTexts[n.Kind]), Said: n.Text, New: n.Seen.IsZero() || !v.past.IsZero() && n.Seen.After(v.past)}
		if asked, back := n.Review(); asked {
			row.What = v.p.T("asks you to review")
		} else if back {
			row.What = v.p.T("sent your article back")
		}
		if n.Meant != "" {
			v.meant(&row, cmp.Or(who[string(n.Meant)], string(n.Meant)))
		}
		if n.Kind == store.NoticeSilent {
			row.Who, row.What, row.Said = n.Text, v.p.Text(noticeTexts[n.Kind]), s.silenceText(v, n)
		}
		if n.Kind == store.NoticeChange {
			h, err := s.Store.Happening(v.r.Context(), strings.TrimPrefix(n.Subject, "happening:"))
			if err != nil {
				continue // it is too old to be told, or hidden
			}
			row.Who, row.What, row.Said = words.Happening(h), "", ""
		}
		out = append(out, row)
	}
	return out, nil
}

// meant says of a notice that it was for somebody whom the reader covers for.
func (v *visit) meant(row *noticeRow, name string) {
	row.For = v.p.T("You cover for %s", name)
	asked, back := row.Review()
	switch {
	case asked:
		row.What = v.p.T("asks %s to review", name)
	case back:
		row.What = v.p.T("sent an article of %s back", name)
	case row.Kind == store.NoticeMention:
		row.What = v.p.T("mentioned %s", name)
	case row.Kind == store.NoticeTask:
		row.What = v.p.T("gave %s a task", name)
	}
}

// noticeGroups puts notices together by customer, the group with the newest
// first.
func (s *server) noticeGroups(v *visit, rows []noticeRow) []noticeGroup {
	var out []noticeGroup
	at := map[farol.AccountID]int{}
	for _, n := range rows {
		i, ok := at[n.Account]
		if !ok {
			i = len(out)
			at[n.Account] = i
			out = append(out, noticeGroup{Account: string(n.Account), Name: s.accountName(v, n.Account)})
		}
		out[i].Notices = append(out[i].Notices, n)
		if n.New {
			out[i].Unseen++
		}
	}
	return out
}

// noticeLink leads to what a notice is about.
func (s *server) noticeLink(v *visit, n store.Notice) string {
	kind, id, _ := strings.Cut(n.Subject, ":")
	switch kind {
	case "silence":
		return "/quality"
	case "note":
		return "/notes/" + url.PathEscape(id)
	case "task":
		return "/tasks/" + url.PathEscape(id)
	case "article":
		id, _, _ = strings.Cut(id, ":")
		return "/knowledge/" + url.PathEscape(id)
	case "message":
		if m, err := s.Store.Message(v.r.Context(), id); err == nil {
			if m.Thread == store.Channel {
				return "/community#post-" + url.PathEscape(cmp.Or(m.Parent, m.ID))
			}
			if t, is := aboutOf(m); is {
				return ticketHref(&t)
			}
		}
		return customerTab(n.Account, "thread")
	}
	if n.Account == "" {
		return "/my-day"
	}
	return "/customers/" + url.PathEscape(string(n.Account))
}

// openNotice marks a notice as read and leads to what it is about. Reading is
// all that it does, so that following a link is enough.
func (s *server) openNotice(v *visit) error {
	n, err := s.Store.Notice(v.r.Context(), v.member.ID, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Store.SeeNotices(v.r.Context(), v.member.ID, n.ID); err != nil {
		return err
	}
	return v.redirect(s.noticeLink(v, n))
}

// changeNotices marks notices as read or not read.
func (s *server) changeNotices(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, ctx := v.r.PostForm, v.r.Context()
	var err error
	switch id := f.Get("id"); f.Get("do") {
	case "seen":
		err = s.Store.SeeNotices(ctx, v.member.ID, id)
	case "unseen":
		err = s.Store.ForgetNotice(ctx, v.member.ID, id)
	default:
		err = farol.InvalidField("do", "Choose what to do.")
	}
	if err != nil {
		return err
	}
	return v.redirect(localPath(cmp.Or(f.Get("back"), "/notices")))
}

// Back is where a form of the page comes back to. What opened at the side
// comes back to the page below.
func (s shell) Back() string {
	if s.visit.fragment() {
		return s.visit.cameFrom()
	}
	return s.Here()
}

// InPanel tells that the page opened at the side of another.
func (s shell) InPanel() bool { return s.visit.fragment() }

// told counts the notices that the member has not read, and finds what they
// may take back. A page does not fail for either.
func (s *server) told(v *visit, undo string) (int, *store.Undo) {
	n, err := s.Store.Unseen(v.r.Context(), v.member.ID)
	if err != nil {
		s.Log.Error("notices could not be counted", "request", v.id, "error", err)
	}
	if undo == "" {
		return n, nil
	}
	u, err := s.Store.Undo(v.r.Context(), v.member.ID, undo)
	if err != nil {
		return n, nil // it is too late
	}
	return n, &u
}

// UnseenText is how many notices are not read, "" for none.
func (s shell) UnseenText() string {
	switch {
	case s.Unseen == 0:
		return ""
	case s.Unseen > 99:
		return "99+"
	}
	return strconv.Itoa(s.Unseen)
}
