package mail_test

import (
	"fmt"
	"maps"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/mail"
)

func FuzzParseFrom(f *testing.F) {
	for _, seed := range []string{"Pierre <keys@pierre.example>", "keys@pierre.example", "=?utf-8?q?a=0D=0AX:?= <a@b.c>", `"a\"b" <a@b.c>`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, err := mail.ParseFrom(text)
		if err != nil {
			return
		}
		if normal, err := pierre.NormalizeEmail(from.Address); err != nil || normal != from.Address || strings.ContainsAny(from.Name, "\r\n\x00\u2028\u202e") || !utf8.ValidString(from.Name) {
			t.Errorf("%q is %+v: %v", text, from, err)
		}
	})
}

// TestEveryMailHoldsStrangersText: whatever field it comes in, it stays in its line, in the text and in the HTML.
func TestEveryMailHoldsStrangersText(t *testing.T) {
	const evil = "<img src=x onerror=alert(1)>\r\nBcc: all@example.com\n-- \n%s %d\u2028line\u202egnp\x00\xff"
	const to = "ana@example.com"
	info := mail.RequestInfo{Company: evil, Tier: evil, Limit: evil}
	notice := mail.AlertNotice{Title: evil, Rule: evil, Scope: evil, Since: moment, Path: "/admin/alerts"}
	over := notice
	over.Over = true
	for name, write := range map[string]func() (mail.Message, error){
		"received":   func() (mail.Message, error) { return texts.Received(to, info, evil) },
		"approved":   func() (mail.Message, error) { return texts.Approved(to, info, evil, moment) },
		"with key":   func() (mail.Message, error) { return texts.ApprovedWithKey(to, info, secret.New("pk_1")) },
		"invitation": func() (mail.Message, error) { return texts.Invitation(to, evil, evil, evil, moment) },
		"sign-in":    func() (mail.Message, error) { return texts.SignIn(to, evil, moment) },
		"test":       func() (mail.Message, error) { return texts.Test(to, evil, moment) },
		"expiring":   func() (mail.Message, error) { return texts.Expiring(to, evil, moment, 7) },
		"country":    func() (mail.Message, error) { return texts.Country(to, evil, evil, moment) },
		"invoice": func() (mail.Message, error) {
			return texts.Invoice(to, mail.InvoiceNotice{Number: evil, Period: evil, Total: evil, Path: "/account"})
		},
		"limit": func() (mail.Message, error) {
			return texts.Limit(to, mail.LimitNotice{Key: evil, Percent: 90, Used: 9, Requests: 10, Period: "day", ResetsAt: moment})
		},
		"alert":       func() (mail.Message, error) { return texts.Alert(to, notice) },
		"all clear":   func() (mail.Message, error) { return texts.Alert(to, over) },
		"digest":      func() (mail.Message, error) { return texts.Digest(to, []mail.AlertNotice{notice, over}) },
		"long digest": func() (mail.Message, error) { return texts.Digest(to, make([]mail.AlertNotice, 21)) },
		"day":         func() (mail.Message, error) { return texts.Day(to, moment, mail.DayNotice{Waiting: 1, Oldest: evil}) },
		"the operator": func() (mail.Message, error) {
			return mail.Texts{Operator: evil, BaseURL: texts.BaseURL, Support: evil, Accent: evil}.Invitation(to, "i", "viewer", "t", moment)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := write()
			if err != nil {
				t.Fatal(err)
			}
			for where, text := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
				if strings.ContainsAny(text, "\r\x00\u2028\u202e") || !utf8.ValidString(text) || strings.Contains(text, "%!") {
					t.Errorf("the %s has what is not seen, or was taken as a format: %q", where, text)
				}
			}
			if strings.Contains(m.Subject, "\n") || strings.Contains(m.HTML, "<img") {
				t.Errorf("%q\n%s", m.Subject, m.HTML)
			}
			if strings.Contains(m.Text, "\nBcc: all@example.com\n") {
				t.Errorf("a line of the text is the stranger's:\n%s", m.Text)
			}
			if n := strings.Count(m.Text, "\n-- \n"); n != 1 {
				t.Errorf("%d ends of the text:\n%s", n, m.Text)
			}
			for rest := m.HTML; strings.Contains(rest, `href="`); {
				_, rest, _ = strings.Cut(rest, `href="`)
				if !strings.HasPrefix(rest, texts.BaseURL) {
					t.Errorf("a link to %.40s", rest)
				}
			}
		})
	}
}

// TestLongestMails: subjects are cut, what is too long altogether is refused.
func TestLongestMails(t *testing.T) {
	m, err := texts.Alert("ana@example.com", mail.AlertNotice{Title: strings.Repeat("ü", 300), Rule: "R", Since: moment})
	if n := utf8.RuneCountInString(m.Subject); err != nil || n != 200 || !strings.HasSuffix(m.Subject, "ü…") {
		t.Errorf("a subject of %d characters: %v", n, err)
	}
	if m, err = texts.Alert("ana@example.com", mail.AlertNotice{Title: strings.Repeat("ü", 200-len("Alert: ")), Rule: "R", Since: moment}); err != nil || strings.Contains(m.Subject, "…") {
		t.Errorf("the longest subject is cut: %q, %v", m.Subject, err)
	}
	if _, err := texts.Rejected("ana@example.com", mail.RequestInfo{Tier: "T"}, strings.Repeat("word ", 1<<18)); pierre.KindOf(err) != pierre.KindTooLarge {
		t.Errorf("a mail of more than a megabyte: %v", err)
	}
	if m, err = texts.Rejected("ana@example.com", mail.RequestInfo{}, "\u202e\u200b\r\n\x00"); err != nil || !strings.Contains(m.Text, "\n> \n") {
		t.Errorf("a reason that is not seen: %v\n%s", err, m.Text)
	}
	// One more notice than a digest shows, and no more than it has.
	for n, want := range map[int]bool{20: false, 21: true} {
		list := make([]mail.AlertNotice, n)
		for i := range list {
			list[i] = mail.AlertNotice{Title: "T", Since: moment}
		}
		m, err := texts.Digest("ana@example.com", list)
		if err != nil || strings.Contains(m.Text, "And 1 more.") != want || strings.Count(m.Text, "  T  since") != 20 {
			t.Errorf("a digest of %d: %v\n%s", n, err, m.Text)
		}
	}
}

// TestHeadersHoldStrangersText: whatever is in a subject, the mail has the headers of every mail and one recipient.
func TestHeadersHoldStrangersText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, err := mail.NewFiles(from, dir)
	if err != nil {
		t.Fatal(err)
	}
	p := outgoing(t)
	for n, subject := range []string{"a\r\nBcc: all@example.com", "a\nBcc: all@example.com\n\nbody", "a\rBcc: x", "=?utf-8?q?a=0D=0ABcc:_x@example.com?=", "a\u2028\u0085Bcc: x", strings.Repeat("ü ", 99) + "\r\nBcc: x", "\x00\xff"} {
		p.Subject, p.ID = "S "+subject, fmt.Sprintf("ID%d", n)
		if err := files.Send(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join(dir, "20261126-140500-"+p.ID+".eml"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := netmail.ReadMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(m.Header))
		if want := "Auto-Submitted Content-Type Date From Message-Id Mime-Version Subject To"; strings.Join(names, " ") != want || m.Header.Get("To") != "<ana@example.com>" {
			t.Errorf("%q: headers %v, to %q", subject, names, m.Header.Get("To"))
		}
	}
	for _, to := range []string{"", "ana@example.com\r\nBcc: x@example.com", "ana@example.com, bob@example.com", "x"} {
		p.To = to
		if err := files.Send(t.Context(), p); pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("a mail to %q was sent: %v", to, err)
		}
	}
}
