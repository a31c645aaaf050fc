package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// call asks the running server; a problem document becomes an error.
func (o *remoteOptions) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(o.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+o.Token)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return problem(res.Status, answer)
	}
	return json.Unmarshal(answer, out)
}

// problem reads an RFC 9457 document into one line.
func problem(status string, answer []byte) error {
	var p struct {
		Title, Detail string
		Errors        []struct{ Message, Location string }
	}
	if json.Unmarshal(answer, &p) != nil || p.Detail == "" && p.Title == "" {
		return fmt.Errorf("the server answered %s", status)
	}
	text := p.Title
	if p.Detail != "" {
		text = p.Detail
	}
	for _, e := range p.Errors {
		text += "; " + strings.TrimSpace(e.Location+" "+e.Message)
	}
	return fmt.Errorf("the server answered %s: %s", status, text)
}
