package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/digest"
	"github.com/farol-cs/farol/job"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/mail"
	"github.com/farol-cs/farol/metric"
)

// smtpOptions say who takes the mails.
type smtpOptions struct {
	URL      string `help:"SMTP server for the daily mails: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://HOST:465, or smtp://HOST:25?tls=none; better given as FAROL_SMTP_URL. Needs --base-url." placeholder:"URL"`
	From     string `help:"Sender of the mails." placeholder:"ADDRESS"`
	CA       string `name:"ca" help:"File of certificates to trust besides the system's." placeholder:"FILE"`
	Insecure bool   `help:"Trust any certificate of the server."`
}

// server is nil when no mail is to be sent.
func (o smtpOptions) server(baseURL string) (*mail.Server, error) {
	if o.URL == "" {
		return nil, nil
	}
	if baseURL == "" {
		return nil, fmt.Errorf("--smtp-url needs --base-url: the mails hold links")
	}
	s, err := mail.Parse(o.URL, o.From, o.CA, o.Insecure)
	if err != nil {
		return nil, fmt.Errorf("--smtp-url, --smtp-from: %w", err)
	}
	return s, nil
}

// mailWorks is the sending of the daily mails: often, so that each goes out
// soon after its hour has begun.
func (a *app) mailWorks() []job.Work {
	if a.mail == nil {
		return nil
	}
	m := digest.Mailer{
		Store: a.store, Customers: a.accounts, Catalogue: a.metrics.Catalogue(), Server: a.mail, BaseURL: strings.TrimSuffix(a.baseURL, "/"),
		Zone: a.settings.zone, Language: a.language, Currency: func() farol.Currency { return a.settings.current().Currency }, Now: time.Now, Log: a.log,
	}
	return []job.Work{{Name: "digest", Every: time.Minute, AtStart: true, Limit: 10 * time.Minute, Do: m.Run}}
}

// language is the company's, for those who have chosen none.
func (a *app) language() lang.Code {
	d, err := a.store.Definition(context.Background(), metric.SettingKind, metric.CompanyName)
	var c metric.CompanyDocument
	if err == nil {
		err = json.Unmarshal(d.Body, &c)
	}
	if code := lang.Code(c.Language); err == nil && code.Valid() {
		return code
	}
	return lang.English
}
