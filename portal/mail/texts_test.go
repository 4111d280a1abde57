package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/portal/mail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	texts  = mail.Texts{Operator: "Pierre by Alpine Labs", BaseURL: "https://pierre.example", Support: "help@pierre.example"}
	moment = time.Date(2026, time.November, 26, 14, 5, 0, 0, time.UTC)
)

func previews(t *testing.T) []mail.Preview {
	t.Helper()
	list, err := mail.Previews(texts, moment)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The plain texts are kept as files, so that a change of them is seen.
func TestTexts(t *testing.T) {
	for _, p := range previews(t) {
		t.Run(p.Name, func(t *testing.T) {
			golden := filepath.Join("testdata", p.Name+".txt")
			got := "Subject: " + p.Subject + "\n\n" + p.Text
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%v; the text is\n%s\nwant\n%s", err, got, want)
			}
			for l := range strings.Lines(p.Text) {
				if n := len([]rune(strings.TrimSuffix(l, "\n"))); n > 78 && !strings.Contains(l, "https://") {
					t.Errorf("a line of %d characters: %s", n, l)
				}
			}
		})
	}
}

// What the text says, the HTML says too; both name the operator and lead nowhere but to the site.
func TestTextAndHTMLSayTheSame(t *testing.T) {
	for _, p := range previews(t) {
		plain := strings.Join(strings.Fields(tags.Replace(p.HTML)), " ")
		for paragraph := range strings.SplitSeq(p.Text, "\n\n") {
			if strings.HasPrefix(paragraph, "[") {
				_, paragraph, _ = strings.Cut(paragraph, "] ")
			}
			for field := range strings.FieldsSeq(strings.TrimPrefix(paragraph, "--")) {
				if field != ">" && !strings.Contains(plain, strings.TrimSuffix(field, ":")) {
					t.Errorf("%s: the HTML lacks %q", p.Name, field)
				}
			}
		}
		if !strings.Contains(p.HTML, texts.Operator) || !strings.Contains(p.Text, texts.Operator) {
			t.Errorf("%s does not name the operator", p.Name)
		}
		for rest := p.HTML; ; {
			_, after, found := strings.Cut(rest, "href=\"")
			if !found {
				break
			}
			if !strings.HasPrefix(after, "https://pierre.example") {
				t.Errorf("%s has a link to %.40s", p.Name, after)
			}
			rest = after
		}
	}
}

var tags = strings.NewReplacer("&#39;", "'", "&#43;", "+", "&amp;", "&", "<br>", " ", ">", " > ", "<", " < ")

// What strangers type cannot become markup, another header or another link.
func TestStrangersTextStaysText(t *testing.T) {
	const evil = "<script>alert(1)</script>\r\nBcc: all@example.com\u202e"
	m, err := texts.Rejected("ana@example.com", mail.RequestInfo{Company: evil, Tier: evil, Limit: evil}, evil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(m.HTML, "<script>") || strings.ContainsAny(m.Text, "\r\u202e") {
		t.Errorf("%s\n%s", m.Text, m.HTML)
	}
	m, err = texts.Invitation("ana@example.com", evil, "viewer", "a/../b?c#d\r\n", moment)
	if err != nil || strings.ContainsAny(m.Subject, "\r\n") || !strings.Contains(m.Text, "/admin/invitation/a%2F..%2Fb%3Fc%23d%0D%0A\n") {
		t.Errorf("%v %s\n%s", err, m.Subject, m.Text)
	}
	inv := mail.InvoiceNotice{Number: evil, Period: evil, Total: evil, Path: "/account"}
	if m, err = texts.Invoice("ana@example.com", inv); err != nil || strings.ContainsAny(m.Subject, "\r\n\u202e") {
		t.Errorf("%v %q", err, m.Subject)
	}
	for _, to := range []string{"", "a@b@c", "ana@example.com\r\nBcc: x@example.com", "Ana <ana@example.com>", "ana@example.com,bob@example.com"} {
		if _, err := texts.Test(to, "me", moment); err == nil {
			t.Errorf("a mail to %q was written", to)
		}
	}
}

func FuzzStrangersText(f *testing.F) {
	f.Add("Alpine Running Club", "no\r\nBcc: x", "token")
	f.Fuzz(func(t *testing.T, company, reason, token string) {
		m, err := texts.Question("ana@example.com", mail.RequestInfo{Company: company}, reason, token, moment)
		if err != nil {
			return // too long
		}
		if strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.Text, "\r") || strings.Contains(m.HTML, "<script") {
			t.Errorf("%q\n%s", m.Subject, m.HTML)
		}
	})
}
