package mail

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An Outgoing is a message on its way. A second try of it is the same, byte for byte.
type Outgoing struct {
	Message

	ID      string    // of the mail, in [A-Z0-9]
	Written time.Time // its date
}

// A Sender sends one mail. Its error is [pierre.KindInvalid] if no further try can succeed; [pierre.RetryAfterOf] says when
// another one is worth it, if the other side said so. Its message may be shown to staff.
type Sender interface {
	Send(ctx context.Context, p Outgoing) error
}

// A From is who mails come from.
type From struct {
	Name    string // shown; may be empty
	Address string
}

// ParseFrom reads an address such as "Pierre <keys@pierre.example>", or without a name.
func ParseFrom(text string) (From, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return From{}, pierre.Invalid("MAIL_FROM", "MAIL_FROM must be an address such as Pierre <keys@pierre.example>.")
	}
	address, err := pierre.NormalizeEmail(a.Address)
	if err != nil {
		return From{}, pierre.Invalid("MAIL_FROM", "MAIL_FROM must be an address such as Pierre <keys@pierre.example>.")
	}
	return From{line(a.Name, maxSubject), address}, nil
}

// messageID returns the Message-ID of a mail, without its brackets: the same at every try.
func (f From) messageID(id string) string {
	_, host, _ := strings.Cut(f.Address, "@")
	return id + "@" + host
}

// compose makes a mail as it is sent over the wire.
func compose(from From, p Outgoing) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("="+p.ID))
	if err := m.FromFormat(from.Name, from.Address); err != nil {
		return nil, unsendable("its sender", err)
	}
	if err := m.To(p.To); err != nil {
		return nil, unsendable("its recipient", err)
	}
	m.Subject(line(p.Subject, maxSubject))
	m.SetMessageIDWithValue(from.messageID(p.ID))
	m.SetDateWithValue(p.Written.UTC())
	// No program answers it, such as one that says that somebody is away (RFC 3834, section 5).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, p.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, p.HTML)
	return m, nil
}

func unsendable(what string, err error) error {
	return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The mail cannot be sent: " + what + " is no address that mail goes to.", Err: err}
}

// Files is a Sender for development: it writes each mail as a file.
type Files struct {
	from From
	dir  string
}

// NewFiles returns a Sender that writes to a folder, which is made if missing.
func NewFiles(from From, dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of mails: %w", err)
	}
	return &Files{from, dir}, nil
}

// Send writes a mail to TIME-ID.eml, whole or not at all.
func (f *Files) Send(_ context.Context, p Outgoing) error {
	m, err := compose(f.from, p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	name := filepath.Join(f.dir, p.Written.UTC().Format("20060102-150405")+"-"+p.ID+".eml")
	part := name + ".part"
	if err := os.WriteFile(part, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	if err := os.Rename(part, name); err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	return nil
}
