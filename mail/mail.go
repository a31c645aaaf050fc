// Package mail hands mails to an SMTP server.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Server is the SMTP server that takes the mails, and who they are from.
type Server struct {
	host     string
	port     int
	user     string
	password string
	// direct speaks TLS from the first byte (port 465), plain never does; else
	// STARTTLS is asked for, and nothing is sent to a server that has none.
	direct, plain bool
	tls           *tls.Config
	from          netmail.Address
}

// Parse reads the address of a server: smtp://USER:PASSWORD@HOST:587 speaks
// STARTTLS, smtps://HOST:465 TLS from the start, smtp://HOST:25?tls=none
// neither, for a relay on the same machine. from is the sender, ca a file of
// certificates to trust besides the system's, "" for none; insecure trusts any.
func Parse(address, from, ca string, insecure bool) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") || strings.Trim(u.Path, "/") != "" {
		// The address holds a password: it is not repeated.
		return nil, errors.New("the SMTP server must be an address such as smtp://user:password@mail.example.com:587")
	}
	s := &Server{host: u.Hostname(), port: 587, direct: u.Scheme == "smtps", user: u.User.Username()}
	s.password, _ = u.User.Password()
	if s.direct {
		s.port = 465
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("the SMTP port is no number: %s", p)
		}
	}
	switch mode := u.Query().Get("tls"); mode {
	case "":
	case "none":
		s.plain = true
	default:
		return nil, fmt.Errorf("?tls= of the SMTP server may only be none, not %q", mode)
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("the sender must be an address such as \"Farol <farol@example.com>\", not %q", from)
	}
	s.from = *sender
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure}
	return s, s.trust(ca)
}

func (s *Server) trust(file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	s.tls.RootCAs = pool
	return nil
}

// Message is a mail in plain text, and in HTML when there is some.
type Message struct {
	To         netmail.Address
	Subject    string
	Text, HTML string
	// ID is what the mail is known by ("part@host"): the same for the same mail.
	ID string
	// Unsubscribe is the address at which one click stops such mails.
	Unsubscribe string
}

// ErrUnknown is wrapped by the error of a mail of which nobody knows whether it
// arrived: the connection broke after the server had it. Sending it again
// could deliver it twice.
var ErrUnknown = errors.New("the server did not say whether it took the mail")

// patience is how long the server may take for each answer.
const patience = 30 * time.Second

// Send hands a mail over. begin is called once the server has let us in, just
// before the mail itself goes out; its error stops it.
func (s *Server) Send(ctx context.Context, m Message, begin func() error) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return fmt.Errorf("the SMTP server %s: %w", net.JoinHostPort(s.host, strconv.Itoa(s.port)), err)
	}
	defer c.Close() // the mail is out by then, or is not
	if err := begin(); err != nil {
		return err
	}
	err = c.Send(msg)
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.Reason == gomail.ErrSMTPDataClose && refused.ErrorCode() == 0 {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return err
}

func (s *Server) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(patience), gomail.WithTLSConfig(s.tls)}
	switch {
	case s.direct:
		options = append(options, gomail.WithSSL())
	case s.plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(s.host, options...)
}

func (s *Server) compose(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	if err := msg.FromFormat(s.from.Name, s.from.Address); err != nil {
		return nil, err
	}
	if err := msg.AddToFormat(m.To.Name, m.To.Address); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID)
	msg.SetGenHeader(gomail.Header("Auto-Submitted"), "auto-generated")
	if m.Unsubscribe != "" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.Unsubscribe+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// Domain is that of the sender, for the ids of mails.
func (s *Server) Domain() string {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	return domain
}
