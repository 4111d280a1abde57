// Package mailtest takes mails in tests: a mail server that speaks SMTP (RFC 5321), a SendGrid, and an inbox in memory.
package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Mail is what the server was given.
type Mail struct {
	From, To string // of the envelope
	Data     string // headers and body, with LF
}

// Header returns a header of the mail as it was sent, or "".
func (m Mail) Header(name string) string {
	parsed, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		return ""
	}
	return parsed.Header.Get(name)
}

// Options are what a [Server] does otherwise than to take each mail of everybody without TLS.
type Options struct {
	StartTLS bool // it offers TLS
	TLS      bool // it speaks TLS from the first byte
	User     string
	Password string
	Refuse   func(to string) *smtp.SMTPError // why a recipient is refused; nil: it is not
	Break    func(Mail) bool                 // whether the connection breaks after the mail was taken, before the server says so
}

// A Server is a mail server on a port of this machine.
type Server struct {
	Addr  string      // host:port
	Trust *tls.Config // of clients that trust it

	opts Options
	mu   sync.Mutex
	got  []Mail
}

// Start starts a server, which ends with the test.
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	s := &Server{opts: opts}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain = "mail.example"
	server.AllowInsecureAuth = false
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	s.Trust = certified.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	s.Trust.ServerName = "example.com" // the certificate's name
	config := &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	if opts.StartTLS {
		server.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().String()
	if opts.TLS {
		l = tls.NewListener(l, config)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("the mail server ended: %v", err)
		}
	})
	t.Cleanup(func() {
		server.Close()
		wg.Wait()
	})
	return s
}

// Mails returns what the server was given so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// A session is one connection.
type session struct {
	server   *Server
	conn     *smtp.Conn
	known    bool
	from, to string
}

// AuthMechanisms returns how clients prove who they are.
func (s *session) AuthMechanisms() []string {
	if s.server.opts.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth returns what checks a client's proof.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.opts.User || password != s.server.opts.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.opts.User != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

// Rcpt names who gets it.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.opts.Refuse != nil {
		if refusal := s.server.opts.Refuse(to); refusal != nil {
			return refusal
		}
	}
	s.to = to
	return nil
}

// Data takes it.
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := Mail{s.from, s.to, strings.ReplaceAll(string(b), "\r\n", "\n")}
	s.server.mu.Lock()
	s.server.got = append(s.server.got, m)
	s.server.mu.Unlock()
	if s.server.opts.Break != nil && s.server.opts.Break(m) {
		return s.conn.Conn().Close()
	}
	return nil
}

// Reset forgets the mail.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout ends the connection.
func (*session) Logout() error { return nil }
