package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// toldForm is what a member wants to be told, and when.
type toldForm struct {
	Hours []choice
	Zone  string
	Kinds []choice
}

var noticeKindTexts = map[string]lang.Text{
	store.NoticeMention: lang.Text("When somebody mentions me"), store.NoticeTask: lang.Text("When somebody gives me a task"),
	store.NoticeMessage: lang.Text("What is written about customers I follow, and answers to my posts"),
	store.NoticeSilent:  lang.Text("When a source of data falls silent"),
	store.NoticeChange:  lang.Text("What happens to customers I follow, and in segments I watch"),
}

func (s *server) toldForm(v *visit) (f toldForm, err error) {
	p, err := s.Store.Preferences(v.r.Context(), v.member.ID)
	f.Zone = p.Zone
	f.Hours = []choice{{Value: "-1", Name: v.p.T("never"), Chosen: p.Digest == store.NoDigest}}
	for h := range 24 {
		f.Hours = append(f.Hours, choice{Value: strconv.Itoa(h), Name: fmt.Sprintf("%02d:00", h), Chosen: p.Digest == h})
	}
	for _, k := range store.NoticeKinds {
		f.Kinds = append(f.Kinds, choice{Value: k, Title: noticeKindTexts[k], Chosen: !slices.Contains(p.Muted, k)})
	}
	return f, err
}

// saveTold keeps what the member wants to be told.
func (s *server) saveTold(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	hour, err := strconv.Atoi(f.Get("digest"))
	if err != nil {
		return s.accountDone(v, farol.InvalidField("digest", "must be a whole number"), "")
	}
	p := store.Preferences{Digest: hour, Zone: strings.TrimSpace(f.Get("zone"))}
	for _, k := range store.NoticeKinds {
		if !slices.Contains(f["told"], k) {
			p.Muted = append(p.Muted, k)
		}
	}
	return s.accountDone(v, s.Store.SetPreferences(v.r.Context(), v.member.ID, p), "saved")
}

// stopPage lets the reader of a daily mail stop them without signing in. What
// a mail program posts there by itself (RFC 8058) does it at once; following
// the link does not, because programs that look for malware follow links.
type stopPage struct {
	shell
	Token   string
	Stopped bool
}

func (s *server) stopDigest(v *visit) error {
	token := v.r.PathValue("token")
	m, err := s.Store.DigestReader(v.r.Context(), token)
	if err != nil {
		return err
	}
	if lang.Code(m.Language).Valid() {
		v.p = lang.For(lang.Code(m.Language))
	}
	p := stopPage{shell: v.shell(lang.Text("Daily mail")), Token: token}
	if v.r.Method == http.MethodPost {
		pref, err := s.Store.Preferences(v.r.Context(), m.ID)
		if err != nil {
			return err
		}
		pref.Digest, p.Stopped = store.NoDigest, true
		if err := s.Store.SetPreferences(v.r.Context(), m.ID, pref); err != nil {
			return err
		}
	}
	return s.send(v, http.StatusOK, "stop", "bare", p)
}
