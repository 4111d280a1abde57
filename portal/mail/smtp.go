package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const smtpTimeout = 30 * time.Second // of each step of a connection

// SMTP is a Sender that hands mails to a mail server.
type SMTP struct {
	from From
	host string
	opts []gomail.Option
}

// SMTPOptions are what an [SMTP] can do without.
type SMTPOptions struct {
	TLS *tls.Config // nil: the system's certificate authorities
}

// NewSMTP returns a Sender for the mail server that a URL names:
//
//	smtps://user:password@mail.example        TLS from the first byte, port 465
//	smtp://user:password@mail.example         TLS by STARTTLS, which the server must offer, port 587
//	smtp://mail.example:25?tls=opportunistic  TLS if the server offers it
//	smtp://127.0.0.1:1025?tls=none            no TLS, and so no password
func NewSMTP(from From, rawURL secret.String, opts SMTPOptions) (*SMTP, error) {
	u, err := url.Parse(rawURL.Reveal())
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return nil, badSMTP("it must be such as smtps://user:password@mail.example")
	}
	port := 0
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, badSMTP("its port is none")
		}
	}
	s := &SMTP{from: from, host: u.Hostname(), opts: []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithoutNoop()}}
	policy, err := s.encrypt(u, port)
	if err != nil {
		return nil, err
	}
	if opts.TLS != nil {
		c := opts.TLS.Clone()
		c.ServerName = cmp.Or(c.ServerName, s.host)
		s.opts = append(s.opts, gomail.WithTLSConfig(c))
	}
	if u.User == nil {
		return s, nil
	}
	password, _ := u.User.Password()
	if policy != gomail.TLSMandatory {
		return nil, badSMTP("a password needs TLS: use smtps://, or smtp:// without tls=")
	}
	s.opts = append(s.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	return s, nil
}

// encrypt sets how connections are encrypted.
func (s *SMTP) encrypt(u *url.URL, port int) (gomail.TLSPolicy, error) {
	const submission, submissions = 587, 465 // RFC 8314
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(q) > 1 || len(q) == 1 && !q.Has("tls") {
		return 0, badSMTP("the only parameter is tls")
	}
	if u.Scheme == "smtps" {
		if q.Has("tls") {
			return 0, badSMTP("smtps:// always has TLS; leave out the parameter")
		}
		s.opts = append(s.opts, gomail.WithSSL(), gomail.WithPort(cmp.Or(port, submissions)))
		return gomail.TLSMandatory, nil
	}
	policy := gomail.TLSMandatory
	switch q.Get("tls") {
	case "":
	case "opportunistic":
		policy = gomail.TLSOpportunistic
	case "none":
		policy = gomail.NoTLS
	default:
		return 0, badSMTP("tls must be opportunistic or none, or left out")
	}
	s.opts = append(s.opts, gomail.WithTLSPolicy(policy), gomail.WithPort(cmp.Or(port, submission)))
	return policy, nil
}

// badSMTP does not repeat the URL, which may hold a password.
func badSMTP(why string) error {
	return pierre.Invalid("SMTP_URL", "SMTP_URL cannot be used: %s.", why)
}

// Send hands a mail over on a connection of its own.
func (s *SMTP) Send(ctx context.Context, p Outgoing) error {
	m, err := compose(s.from, p)
	if err != nil {
		return err
	}
	c, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return fmt.Errorf("connecting to the mail server: %w", err)
	}
	err = c.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() { // what fails after the mail was taken is not worth a second one
		return nil
	}
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return &pierre.Error{
			Kind: pierre.KindInvalid, Msg: fmt.Sprintf("The mail server refused the mail for good, with code %d.", refused.ErrorCode()), Err: err,
		}
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The mail server could not be reached, or took no mail.", Err: err}
}
