package mail_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/portal/mail/mailtest"
)

var from = mail.From{Name: "Pierre, Alpine Labs", Address: "keys@pierre.example"}

func outgoing(t *testing.T) mail.Outgoing {
	t.Helper()
	m, err := texts.Rejected("ana@example.com", mail.RequestInfo{Company: "Åse & Söhne"}, "Nicht möglich: ✓\n.\nend")
	if err != nil {
		t.Fatal(err)
	}
	return mail.Outgoing{Message: m, ID: "ABC123", Written: moment}
}

func smtpSender(t *testing.T, url string, trust *tls.Config) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(from, secret.New(url), mail.SMTPOptions{TLS: trust})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSMTP(t *testing.T) {
	for name, c := range map[string]struct {
		opts mailtest.Options
		url  string // before and after the address
		end  string
	}{
		"STARTTLS with a password": {mailtest.Options{StartTLS: true, User: "pierre", Password: "s3cret/@"}, "smtp://pierre:s3cret%2F%40@", ""},
		"TLS with a password":      {mailtest.Options{TLS: true, User: "pierre", Password: "x"}, "smtps://pierre:x@", ""},
		"TLS if there is some":     {mailtest.Options{StartTLS: true}, "smtp://", "?tls=opportunistic"},
		"none offered":             {mailtest.Options{}, "smtp://", "?tls=opportunistic"},
		"no TLS":                   {mailtest.Options{}, "smtp://", "/?tls=none"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := mailtest.Start(t, c.opts)
			s := smtpSender(t, c.url+srv.Addr+c.end, srv.Trust)
			p := outgoing(t)
			for range 2 { // a repetition is the same mail
				if err := s.Send(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
			got := srv.Mails()
			if len(got) != 2 || got[0] != got[1] {
				t.Fatalf("got %+v", got)
			}
			checkMail(t, got[0].Data, p)
			if got[0].From != from.Address || got[0].To != p.To {
				t.Errorf("the envelope is %+v", got[0])
			}
		})
	}
}

// checkMail reads a mail as mail programs do.
func checkMail(t *testing.T, data string, p mail.Outgoing) {
	t.Helper()
	m, err := stdmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if date, err := m.Header.Date(); err != nil || !date.Equal(p.Written) {
		t.Errorf("date %v, %v", date, err)
	}
	if a, err := m.Header.AddressList("From"); err != nil || a[0].Name != from.Name || a[0].Address != from.Address {
		t.Errorf("from %v, %v", a, err)
	}
	if id := m.Header.Get("Message-ID"); id != "<"+p.ID+"@pierre.example>" {
		t.Errorf("id %q", id)
	}
	if m.Header.Get("Auto-Submitted") == "" || m.Header.Get("Bcc") != "" || m.Header.Get("To") != "<"+p.To+">" {
		t.Errorf("header %v", m.Header)
	}
	_, boundary, _ := strings.Cut(m.Header.Get("Content-Type"), "boundary=")
	parts := multipart.NewReader(m.Body, strings.Trim(boundary, "\""))
	for _, want := range []string{p.Text, p.HTML} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%v: got\n%q\nwant\n%q", err, got, want)
		}
	}
}

func TestSMTPTellsForGoodFromForNow(t *testing.T) {
	refuse := func(code int) func(string) *smtp.SMTPError {
		return func(string) *smtp.SMTPError { return &smtp.SMTPError{Code: code, Message: "no"} }
	}
	for name, c := range map[string]struct {
		opts mailtest.Options
		url  string
		want pierre.Kind
	}{
		"no such mailbox":    {mailtest.Options{Refuse: refuse(550)}, "smtp://%?tls=none", pierre.KindInvalid},
		"try later":          {mailtest.Options{Refuse: refuse(451)}, "smtp://%?tls=none", pierre.KindUnavailable},
		"no TLS where asked": {mailtest.Options{}, "smtp://%", pierre.KindUnavailable},
		"a wrong password":   {mailtest.Options{TLS: true, User: "a", Password: "b"}, "smtps://a:c@%", pierre.KindUnavailable},
		"a broken end":       {mailtest.Options{Break: func(mailtest.Mail) bool { return true }}, "smtp://%?tls=none", pierre.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			srv := mailtest.Start(t, c.opts)
			err := smtpSender(t, strings.Replace(c.url, "%", srv.Addr, 1), srv.Trust).Send(t.Context(), outgoing(t))
			if pierre.KindOf(err) != c.want {
				t.Errorf("%v, want kind %v", err, c.want)
			}
		})
	}
	srv := mailtest.Start(t, mailtest.Options{TLS: true})
	if err := smtpSender(t, "smtps://"+srv.Addr, nil).Send(t.Context(), outgoing(t)); err == nil || len(srv.Mails()) > 0 {
		t.Error("a certificate of an unknown authority was taken")
	}
}

func TestSMTPURLs(t *testing.T) {
	for _, url := range []string{
		"", "mail.example", "http://mail.example", "smtp://", "smtp://h:99999", "smtp://h/path", "smtp://h?tls=no", "smtp://h?x=1",
		"smtp://u:geheim@h?tls=none", "smtp://u:geheim@h?tls=opportunistic", "smtps://u:geheim@h?tls=none", "smtp://u:geheim@h#x", "smtp://u:geheim@h:port",
	} {
		if _, err := mail.NewSMTP(from, secret.New(url), mail.SMTPOptions{}); pierre.KindOf(err) != pierre.KindInvalid || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func FuzzSMTPURL(f *testing.F) {
	f.Add("smtps://u:p@mail.example:465")
	f.Add("smtp://[::1]:25?tls=none")
	f.Fuzz(func(t *testing.T, url string) {
		if _, err := mail.NewSMTP(from, secret.New(url), mail.SMTPOptions{}); err != nil && pierre.KindOf(err) != pierre.KindInvalid {
			t.Errorf("%q: %v", url, err)
		}
	})
}

func TestParseFrom(t *testing.T) {
	for text, want := range map[string]mail.From{
		"Pierre <keys@pierre.example>": {Name: "Pierre", Address: "keys@pierre.example"},
		"keys@Pierre.example":          {Address: "keys@pierre.example"},
		`"A, B" <a@b.example>`:         {Name: "A, B", Address: "a@b.example"},
		"":                             {},
		"Pierre":                       {},
		"a@b.example, c@d.example":     {},
		"Pierre <keys@pierre.example>\r\nBcc: x@y": {},
	} {
		got, err := mail.ParseFrom(text)
		if got != want || (err == nil) != (want.Address != "") {
			t.Errorf("ParseFrom(%q) = %+v, %v", text, got, err)
		}
	}
}

// sendGridFake answers as SendGrid's documentation says: 202 without a body, or errors as JSON.
func sendGridFake(t *testing.T, answer func(w http.ResponseWriter, body map[string]any)) *mail.SendGrid {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx")
		if r.Method != http.MethodPost || r.URL.Path != "/v3/mail/send" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		if r.Header.Get("Authorization") != "Bearer SG.key" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked","field":null,"help":null}]}`)
			return
		}
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		answer(w, body)
	}))
	t.Cleanup(srv.Close)
	return mail.NewSendGrid(from, secret.New("SG.key"), mail.SendGridOptions{Origin: srv.URL})
}

func TestSendGrid(t *testing.T) {
	p := outgoing(t)
	var calls atomic.Int64
	s := sendGridFake(t, func(w http.ResponseWriter, body map[string]any) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, `{"errors":[{"field":null,"message":"too many requests"}]}`)
			return
		}
		text, _ := json.Marshal(body)
		for _, want := range []string{
			`"personalizations":[{"to":[{"email":"ana@example.com"}]}]`, `"Message-ID":"\u003cABC123@pierre.example\u003e"`,
			`"from":{"email":"keys@pierre.example","name":"Pierre, Alpine Labs"}`, `"click_tracking":{"enable":false,"enable_text":false}`,
			`"open_tracking":{"enable":false}`, `"subject":"About your request for a key"`, `"type":"text/plain"`, `"type":"text/html"`,
		} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the mail lacks %s: %s", want, text)
			}
		}
		if strings.Index(string(text), "text/plain") > strings.Index(string(text), "text/html") {
			t.Error("the plain text must come first")
		}
		w.Header().Set("X-Message-Id", "abc")
		w.WriteHeader(http.StatusAccepted)
	})
	if err := s.Send(t.Context(), p); err != nil || calls.Load() != 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestSendGridRefuses(t *testing.T) {
	reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	for name, c := range map[string]struct {
		status int
		header [2]string
		body   string
		kind   pierre.Kind
		after  time.Duration // at least
		says   string
	}{
		"too many":       {429, [2]string{"Retry-After", "120"}, `{"errors":[{"message":"too many requests"}]}`, pierre.KindRateLimited, 2 * time.Minute, "too many"},
		"too many, date": {429, [2]string{"Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}, ``, pierre.KindRateLimited, 50 * time.Minute, "later"},
		"reset":          {429, [2]string{"X-RateLimit-Reset", reset}, `{}`, pierre.KindRateLimited, 50 * time.Minute, "later"},
		"no such domain": {400, [2]string{}, `{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to"}]}`, pierre.KindInvalid, 0, "valid address"},
		"too large":      {413, [2]string{}, ``, pierre.KindInvalid, 0, "for good"},
		"no right":       {403, [2]string{}, `{"errors":[{"message":"The from address does not match a verified Sender Identity."}]}`, pierre.KindUnavailable, 0, "Sender Identity"},
		"broken":         {500, [2]string{}, `<html>`, pierre.KindUnavailable, 0, "out of order"},
		"redirect":       {302, [2]string{"Location", "https://evil.example/"}, ``, pierre.KindUnavailable, 0, "out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sendGridFake(t, func(w http.ResponseWriter, _ map[string]any) {
				if c.header[0] != "" {
					w.Header().Set(c.header[0], c.header[1])
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			err := s.Send(t.Context(), outgoing(t))
			if pierre.KindOf(err) != c.kind || pierre.RetryAfterOf(err, 0) < c.after || !strings.Contains(pierre.MessageOf(err, ""), c.says) {
				t.Errorf("%v, kind %v, after %v", err, pierre.KindOf(err), pierre.RetryAfterOf(err, 0))
			}
		})
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "mail")
	s, err := mail.NewFiles(from, dir)
	if err != nil {
		t.Fatal(err)
	}
	p := outgoing(t)
	for range 2 {
		if err := s.Send(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 1 || filepath.Base(names[0]) != "20261126-140500-ABC123.eml" {
		t.Fatalf("%v, %v", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	checkMail(t, string(b), p)
}

func TestPreviews(t *testing.T) {
	dir, list := t.TempDir(), previews(t)
	if n, err := mail.WritePreviews(dir, list); err != nil || n != len(list) {
		t.Fatal(n, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2*len(list)+1 {
		t.Errorf("%d files, %v", len(files), err)
	}
	for path, want := range map[string]string{"/": "limit-90.html", "/limit-90.html": "<h1", "/limit-90.txt": "90 %", "/nothing": "", "/../x": ""} {
		w := httptest.NewRecorder()
		err := mail.ServePreviews(list)(w, httptest.NewRequest(http.MethodGet, path, nil))
		if want == "" && pierre.KindOf(err) != pierre.KindNotFound || want != "" && (err != nil || !strings.Contains(w.Body.String(), want)) {
			t.Errorf("%s: %v %s", path, err, w.Body)
		}
	}
}
