package web

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// fileRow is a file in the list of a customer.
type fileRow struct {
	ID, Name, Type, Size, Who, Note string
	Created                         time.Time
	Mine                            bool
}

func (s *server) filesTab(v *visit, look *view, n names, p *customerPage) error {
	list, err := s.Store.Files(v.r.Context(), p.Account.ID, look.Known)
	if err != nil {
		return err
	}
	end := time.Time{}
	if look.AsOf != 0 {
		end = look.AsOf.Next(1).Start(v.company.location())
	}
	for _, f := range list {
		if !end.IsZero() && !f.Created.Before(end) {
			continue
		}
		p.Files = append(p.Files, fileRow{
			f.ID, f.Name, strings.ToUpper(strings.TrimPrefix(f.Name[strings.LastIndex(f.Name, "."):], ".")), fileSize(v, f.Size),
			cmp.Or(v.author(n.members, f.Author), f.Author), f.Note, f.Created, mayDelete(v, f),
		})
	}
	p.Accept = strings.Join(store.FileEndings(), ",")
	return nil
}

// mayDelete tells whether the member may delete a file: who sent it, or a
// leader.
func mayDelete(v *visit, f store.File) bool {
	return workers.allows(v.member.Role) && (f.Author == string(v.member.ID) || leaders.allows(v.member.Role))
}

// fileSize writes bytes as people do.
func fileSize(v *visit, n int64) string {
	switch {
	case n >= 1<<20:
		return v.p.Number(float64(n)/(1<<20), 1) + " MB"
	case n >= 1<<10:
		return v.p.Number(float64(n)/(1<<10), 0) + " KB"
	}
	return v.p.Number(float64(n), 0) + " B"
}

// addFile takes in a file of a customer.
func (s *server) addFile(v *visit) error {
	id := farol.AccountID(v.r.PathValue("id"))
	if _, err := s.Customers.Account(v.r.Context(), id); err != nil {
		return err
	}
	// A little more than the largest file, for the form around it.
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, store.MaxFile+64<<10)
	f := url.Values{"tab": {"files"}}
	err := v.r.ParseMultipartForm(1 << 20)
	if err != nil {
		err = farol.InvalidField("file", "must have at most %d MB", store.MaxFile>>20)
	} else {
		defer v.r.MultipartForm.RemoveAll()
		f.Set("note", v.r.PostFormValue("note"))
		err = s.keepFile(v, id, f.Get("note"))
	}
	if err == nil {
		return v.redirect(customerHref(id) + "?" + url.Values{"tab": {"files"}, "done": {"file"}}.Encode())
	}
	if refused, ok := v.refuse(err); ok {
		return s.showCustomer(v, http.StatusUnprocessableEntity, refused.shown("name", "file").shown("note", "file"), f)
	}
	return err
}

func (s *server) keepFile(v *visit, id farol.AccountID, note string) error {
	content, head, err := v.r.FormFile("file")
	if err != nil {
		return farol.InvalidField("file", "Choose a file.")
	}
	defer content.Close()
	kept, err := s.Store.AddFile(v.r.Context(), store.File{Account: id, Name: head.Filename, Note: note, Author: string(v.member.ID)}, content)
	if err == nil {
		// For the audit log, which keeps what was posted.
		v.r.PostForm.Set("file", kept.Name+", "+strconv.FormatInt(kept.Size, 10)+" bytes, sha256 "+kept.Hash[:16])
	}
	return err
}

// file sends the bytes, always to be saved: nothing that a customer sent is
// opened in the pages' own origin.
func (s *server) file(v *visit) error {
	f, err := s.Store.File(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := s.Customers.Account(v.r.Context(), f.Account); err != nil {
		return err
	}
	v.exported = true
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if err := s.Store.WriteFile(v.r.Context(), f.ID, v.w); err != nil {
		// The head is sent: breaking off is the one way to say it failed.
		s.Log.Error("a download broke off", "request", v.id, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *server) deleteFile(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, err := s.Store.File(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := s.Customers.Account(v.r.Context(), f.Account); err != nil {
		return err
	}
	if !mayDelete(v, f) {
		return farol.Errorf(farol.Forbidden, "Your role may not do this.")
	}
	v.r.PostForm.Set("file", f.Name)
	if err := s.Store.DeleteFile(v.r.Context(), f.ID); err != nil {
		return err
	}
	return v.redirect(customerHref(f.Account) + "?" + url.Values{"tab": {"files"}, "done": {"file-gone"}}.Encode())
}
