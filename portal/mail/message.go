// Package mail is the site's mail: what it says, the outbox in which it waits, and how it leaves. A message is put into
// the outbox in the transaction that gives the reason for it, and is sent at least once: a program that ends between
// sending a mail and noting so sends it again, with the same Message-ID. When mail is sent, and to whom, is its callers'
// concern.
package mail

import (
	"strings"
	"time"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxSubject = 200     // characters
	maxBody    = 1 << 20 // bytes, of the text and of the HTML
	maxOnce    = 200     // bytes
)

// A Kind says what a mail is about.
type Kind string

// The kinds.
const (
	KindVerify     Kind = "verify"
	KindReceived   Kind = "received"
	KindApproved   Kind = "approved"
	KindRejected   Kind = "rejected"
	KindQuestion   Kind = "question"
	KindLimit      Kind = "limit"
	KindExpiring   Kind = "key expiring"
	KindCountry    Kind = "new country"
	KindInvoice    Kind = "invoice"
	KindDigest     Kind = "digest"
	KindAlert      Kind = "alert"
	KindSignIn     Kind = "sign-in"
	KindInvitation Kind = "invitation"
	KindTest       Kind = "test"
)

// A Message is a mail to one person.
type Message struct {
	Kind    Kind
	To      string    // a plain address
	Subject string    // one line
	Text    string    // the whole mail as plain text
	HTML    string    // the same as HTML
	Expires time.Time // it is of no use afterwards and is not sent any more; zero: it always is
	Once    string    // of messages with the same, only the first is taken; "": each is
}

// check returns the message as it may be sent, or what is wrong with it.
func (m Message) check() (Message, error) {
	to, err := pierre.NormalizeEmail(m.To)
	if err != nil {
		return m, pierre.Invalid("to", "A mail goes to one plain e-mail address.")
	}
	m.To, m.Subject = to, line(m.Subject, maxSubject)
	switch {
	case m.Subject == "" || m.Text == "" || m.HTML == "":
		return m, pierre.Invalid("subject", "A mail needs a subject, a text and HTML.")
	case len(m.Text) > maxBody || len(m.HTML) > maxBody:
		return m, &pierre.Error{Kind: pierre.KindTooLarge, Msg: "The mail is too long."}
	case len(m.Once) > maxOnce:
		return m, pierre.Invalid("once", "The name under which a mail is sent once is too long.")
	}
	return m, nil
}

// line makes text one line of at most so many characters: what would begin another header, and what is not seen, goes.
func line(text string, longest int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	}), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // such as what turns the direction of writing
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return text
}

// lines keeps the lines of text that somebody typed, without what is not seen.
func lines(text string) string {
	var kept []string
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		kept = append(kept, line(l, maxBody))
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
