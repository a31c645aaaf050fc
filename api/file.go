package api

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

func (s *server) fileOperations() {
	tags := []string{"files"}
	register(s, team, huma.Operation{OperationID: "list-files", Method: http.MethodGet, Path: "/customers/{id}/files", Tags: tags,
		Summary: "The files of a customer, the newest first", Errors: []int{404}}, s.listFiles)
	register(s, workers, huma.Operation{OperationID: "add-file", Method: http.MethodPost, Path: "/customers/{id}/files", Tags: tags,
		Summary: "Keep a file of a customer", Description: "At most 10 MB, of the usual endings of documents, tables, pictures, mails and archives.", DefaultStatus: http.StatusCreated,
		MaxBodyBytes: 2 * store.MaxFile, Errors: []int{404}}, s.addFile)
	register(s, team, huma.Operation{OperationID: "get-file", Method: http.MethodGet, Path: "/files/{file}", Tags: tags,
		Summary: "The bytes of a file", Errors: []int{404}}, s.getFile)
	register(s, workers, huma.Operation{OperationID: "delete-file", Method: http.MethodDelete, Path: "/files/{file}", Tags: tags,
		Summary: "Delete a file for good", Description: "For the token that sent it, and for leaders.", DefaultStatus: http.StatusNoContent, Errors: []int{404}}, s.deleteFile)
}

// File is a file of a customer, without its bytes.
type File struct {
	ID       string    `json:"id"`
	Customer string    `json:"customer"`
	Name     string    `json:"name"`
	Type     string    `json:"type" doc:"Of the media, told by the name's ending."`
	Size     int64     `json:"size" doc:"In bytes."`
	SHA256   string    `json:"sha256"`
	Author   string    `json:"author" doc:"A member's id, or token:NAME."`
	Note     string    `json:"note"`
	Created  time.Time `json:"created"`
}

func newFile(f store.File) File {
	return File{f.ID, string(f.Account), f.Name, f.Type, f.Size, f.Hash, f.Author, f.Note, f.Created}
}

type filesOutput struct {
	Body struct {
		Files []File `json:"files" nullable:"false"`
	}
}

func (s *server) listFiles(ctx context.Context, in *struct {
	ID string `path:"id"`
	Clocks
}) (*filesOutput, error) {
	at, err := s.until(ctx, in.Clocks)
	if err != nil {
		return nil, err
	}
	a, err := s.Customers.Account(ctx, farol.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Files(ctx, a.ID, at)
	out := &filesOutput{}
	out.Body.Files = each(list, newFile)
	return out, err
}

type fileOutput struct{ Body File }

func (s *server) addFile(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name    string `json:"name"`
		Note    string `json:"note,omitempty"`
		Content []byte `json:"content" doc:"The bytes, base64."`
	}
}) (*fileOutput, error) {
	a, err := s.Customers.Account(ctx, farol.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	f, err := s.Store.AddFile(ctx, store.File{Account: a.ID, Name: in.Body.Name, Note: in.Body.Note, Author: "token:" + caller(ctx).Name}, bytes.NewReader(in.Body.Content))
	return &fileOutput{newFile(f)}, err
}

// found is the file, when its customer may be seen.
func (s *server) found(ctx context.Context, id string) (store.File, error) {
	f, err := s.Store.File(ctx, id)
	if err == nil {
		_, err = s.Customers.Account(ctx, f.Account)
	}
	return f, err
}

type fileBytes struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *server) getFile(ctx context.Context, in *struct {
	File string `path:"file"`
}) (*fileBytes, error) {
	f, err := s.found(ctx, in.File)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := s.Store.WriteFile(ctx, f.ID, &b); err != nil {
		return nil, err
	}
	return &fileBytes{"application/octet-stream", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), b.Bytes()}, nil
}

func (s *server) deleteFile(ctx context.Context, in *struct {
	File string `path:"file"`
}) (*struct{}, error) {
	f, err := s.found(ctx, in.File)
	if err != nil {
		return nil, err
	}
	if err := ownOr(ctx, f.Author == "token:"+caller(ctx).Name); err != nil {
		return nil, err
	}
	return &struct{}{}, s.Store.DeleteFile(ctx, f.ID)
}
