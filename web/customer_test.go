package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

func TestCustomerPage(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		for _, tab := range []string{"", "?tab=use", "?tab=people", "?tab=notes", "?tab=tasks", "?tab=thread", "?tab=money", "?tab=tickets", "?tab=answers", "?tab=files", "?tab=stages", "?kind=attribute", "?kind=note", "?who=m:nobody", "?who=p:nobody"} {
			s.get(as{role: store.Support, code: code}, "/customers/acct-01"+tab).is(200).has(".tabs a[aria-current]", 1)
		}
		s.get(as{role: store.Support, code: code}, "/customers/acct-01/history?attribute=plan").is(200).says("table", "Pro")
		s.get(as{role: store.Admin, code: code, fragment: true}, "/customers/acct-01/history?attribute=plan").is(200).has(".source-of table", 1)
	})
	a := s.get(admin, "/customers/acct-01").is(200)
	a.says(".pairs", "Plan").says(".moments", "Plan is now").says(".moments", "MRR")
	s.get(admin, "/customers/acct-01?tab=use").says("table", "Report Created").has("[data-chart]", 1)
	s.get(admin, "/customers/acct-01?tab=people").has("tbody tr", 4)
	s.get(admin, "/customers/acct-01?tab=nonsense").is(400)
	s.get(admin, "/customers/acct-01?before=x").is(400)
	s.get(admin, "/customers/acct-01?who=x").is(400)
	s.get(admin, "/customers/acct-01?kind=x").is(400)
	s.get(admin, "/customers/acct-01?tab=money").says("table", "active").says("table", "R$")
	for part, want := range map[string]string{"head": ".head-figures", "ledger": "[data-chart]"} {
		s.get(as{role: store.CSM, code: lang.English, fragment: true}, "/customers/acct-01/part?part="+part).is(200).has(want, 1)
	}
	s.get(admin, "/customers/acct-01/part?part=seats").is(200)
	s.get(admin, "/customers/acct-01/part?part=x").is(400)
	s.get(admin, "/customers/nobody").is(404)
	s.get(admin, "/customers/acct-01?as_of=2020-01-01").is(404)
	past := s.get(admin, "/customers/acct-01?as_of=2026-01-15").is(200).has(".past", 1)
	past.has("form[action$='/notes']", 0)
}

// A file comes back byte for byte, to be saved and never opened here, and only
// what is known to be harmless is taken.
func TestFilesOfCustomer(t *testing.T) {
	s := busy(t)
	csm := as{role: store.CSM}
	const page = "/customers/acct-04"
	content := "a,b\n1,\x00\xff\n"
	s.upload(csm, page+"/files", "file", `quo"te é.csv`, content, "note", "The numbers of May").leadsTo(page + "?done=file&tab=files")
	a := s.get(csm, page+"?tab=files").says("table", `quo"te é.csv`).says("table", "The numbers of May")
	href, _ := a.doc.Find("td a[download]").Attr("href")
	got := s.get(as{role: store.Viewer}, href).is(200)
	if got.body != content || got.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment; filename") {
		t.Errorf("the file comes back as %q, %v", got.body, got.header)
	}
	s.get(csm, page+"?kind=file").says(".moments", `File: quo"te é.csv`)
	for _, bad := range [][2]string{{"x.html", "<script>"}, {"x.svg", "<svg/>"}, {"x.exe", "MZ"}, {"", "x"}, {"empty.txt", ""}, {"large.txt", strings.Repeat("x", store.MaxFile+1)}, {"huge.txt", strings.Repeat("x", store.MaxFile+200<<10)}} {
		s.upload(csm, page+"/files", "file", bad[0], bad[1]).is(422).has(".form-error", 1)
	}
	s.upload(csm, "/customers/nobody/files", "file", "x.txt", "x").is(404)
	s.upload(as{role: store.Viewer}, page+"/files", "file", "x.txt", "x").is(403)
	s.post(as{role: store.Support}, href+"/delete").is(403)
	s.post(csm, href+"/delete").leadsTo(page + "?done=file-gone&tab=files")
	s.get(csm, href).is(404)
	s.post(csm, href+"/delete").is(404)
}

// upload posts a file in a form.
func (s *site) upload(who as, path, field, name, content string, pairs ...string) *answer {
	s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		s.check(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile(field, name)
	s.check(err)
	_, err = part.Write([]byte(content))
	s.check(err)
	s.check(form.Close())
	r := httptest.NewRequest("POST", path, &b)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: s.cookies[who.role]})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return s.answered(path, w)
}
