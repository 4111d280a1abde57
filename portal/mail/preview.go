package mail

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A Preview is a mail with sample data.
type Preview struct {
	Name string // in [a-z0-9-]

	Message
}

// Previews returns each mail that the site sends, with sample data.
func Previews(t Texts, now time.Time) ([]Preview, error) {
	const to = "ana@example.com"
	r := RequestInfo{Company: "Alpine Running Club", Tier: "Starter", Limit: "1,000 calls per day"}
	soon, week := now.Add(24*time.Hour), now.Add(7*24*time.Hour)
	alert := AlertNotice{
		Title: "Error rate of key pk_live_3kQ9 is 14 %", Rule: "Errors above 5 %", Scope: "Key pk_live_3kQ9 of Alpine Running Club", Since: now, Path: "/admin/alerts",
	}
	over := alert
	over.Over = true
	limit := func(percent, used int64) LimitNotice {
		return LimitNotice{Key: "pk_live_3kQ9", Percent: percent, Used: used, Requests: 1000, Period: "day", ResetsAt: soon}
	}
	var list []Preview
	var failed error
	add := func(name string) func(Message, error) {
		return func(m Message, err error) {
			failed = errors.Join(failed, err)
			list = append(list, Preview{name, m})
		}
	}
	add("verify")(t.Verify(to, "sample-token", soon))
	add("received")(t.Received(to, r, "one working day"))
	add("approved")(t.Approved(to, r, "sample-token", week))
	add("approved-with-key")(t.ApprovedWithKey(to, r, secret.New("pk_live_SAMPLE0000000000000000000000000")))
	add("rejected")(t.Rejected(to, r, "Your use case reads other people's activities without their consent.\nAsk them first, and tell us how."))
	add("question")(t.Question(to, r, "How many athletes will use it, and how often a day?", "sample-token", week))
	add("limit-75")(t.Limit(to, limit(75, 751)))
	add("limit-90")(t.Limit(to, limit(90, 903)))
	add("limit-100")(t.Limit(to, limit(100, 1000)))
	add("key-expiring")(t.Expiring(to, "pk_live_3kQ9", week, 7))
	add("new-country")(t.Country(to, "pk_live_3kQ9", "Portugal", now))
	add("invoice")(t.Invoice(to, InvoiceNotice{"2026-0042", "October 2026", "49.00 EUR", "/account"}))
	add("sign-in")(t.SignIn(to, "sample-token", now.Add(15*time.Minute)))
	add("invitation")(t.Invitation(to, "Olivia Owner", "approver", "sample-token", week))
	add("alert")(t.Alert(to, alert))
	add("all-clear")(t.Alert(to, over))
	add("digest")(t.Digest(to, []AlertNotice{alert, over, {Title: "p95 of all calls is 2.4 s", Since: now}}))
	add("day")(t.Day(to, now, DayNotice{Waiting: 3, Oldest: "2 days", Alerts: 1, Undelivered: 0, Calls: 48210, Failed: 113, Refused: 27}))
	add("test")(t.Test(to, "olivia@example.com", now))
	return list, failed
}

const previewList = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Mails</title></head><body><main><h1>Mails with sample data</h1><ul>
{{range .}}<li>{{.Subject}}: <a href="{{.Name}}.html">HTML</a>, <a href="{{.Name}}.txt">text</a></li>
{{end}}</ul></main></body></html>
`

func previewIndex(list []Preview) (string, error) {
	form, err := template.New("list").Parse(previewList)
	if err != nil {
		return "", fmt.Errorf("reading the form of the list: %w", err)
	}
	var b strings.Builder
	if err := form.Execute(&b, list); err != nil {
		return "", fmt.Errorf("writing the list of mails: %w", err)
	}
	return b.String(), nil
}

// WritePreviews writes each mail to a folder, as NAME.html and NAME.txt, and index.html, which lists them. The folder is
// made if missing. It returns how many mails there are.
func WritePreviews(dir string, list []Preview) (int, error) {
	index, err := previewIndex(list)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("making the folder of mails: %w", err)
	}
	files := map[string]string{"index.html": index}
	for _, p := range list {
		files[p.Name+".html"] = p.HTML
		files[p.Name+".txt"] = "Subject: " + p.Subject + "\n\n" + p.Text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return 0, fmt.Errorf("writing a mail: %w", err)
		}
	}
	return len(list), nil
}

// ServePreviews answers with the mails: / lists them, /NAME.html and /NAME.txt show one.
func ServePreviews(list []Preview) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		// Mails carry their own styles, as mail programs need them, and nothing else but the site's logo.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'")
		kind, body := "text/html; charset=utf-8", ""
		if r.URL.Path == "/" || r.URL.Path == "/index.html" {
			index, err := previewIndex(list)
			if err != nil {
				return err
			}
			body = index
		}
		for _, p := range list {
			switch r.URL.Path {
			case "/" + p.Name + ".html":
				body = p.HTML
			case "/" + p.Name + ".txt":
				kind, body = "text/plain; charset=utf-8", p.Text
			}
		}
		if body == "" {
			return pierre.NotFound("This mail")
		}
		h.Set("Content-Type", kind)
		_, err := w.Write([]byte(body))
		return err
	}
}
