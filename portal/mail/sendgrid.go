package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const (
	sendGrid        = "https://api.sendgrid.com"
	sendGridPath    = "/v3/mail/send"
	sendGridRetries = 2
	sendGridMinWait = 250 * time.Millisecond
	sendGridMaxWait = 3 * time.Second // who asks for more patience gets it from the outbox
	sendGridTimeout = 20 * time.Second
	maxRefusal      = 64 << 10
)

// SendGrid is a Sender that hands mails to Twilio SendGrid, by version 3 of its Web API.
type SendGrid struct {
	from From
	key  secret.String
	url  string
	http *http.Client
}

// SendGridOptions are what a [SendGrid] can do without.
type SendGridOptions struct {
	Origin    string            // of the API; "": SendGrid's own
	Transport http.RoundTripper // nil: one of its own
}

// NewSendGrid returns a Sender with an API key that may send mail.
func NewSendGrid(from From, key secret.String, opts SendGridOptions) *SendGrid {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retrying.RetryMax, retrying.RetryWaitMin, retrying.RetryWaitMax = sendGridRetries, sendGridMinWait, sendGridMaxWait
	retrying.CheckRetry = mayRepeat
	retrying.ErrorHandler = retryablehttp.PassthroughErrorHandler
	retrying.HTTPClient.Timeout = sendGridTimeout
	if opts.Transport != nil {
		retrying.HTTPClient.Transport = opts.Transport
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a redirect would take the key along
	client := retrying.StandardClient()
	client.CheckRedirect, retrying.HTTPClient.CheckRedirect = refuse, refuse
	origin := sendGrid
	if opts.Origin != "" {
		origin = opts.Origin
	}
	return &SendGrid{from, key, strings.TrimRight(origin, "/") + sendGridPath, client}
}

// mayRepeat repeats what was certainly not taken, and what can be waited for in a moment.
func mayRepeat(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil || err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return waitOf(resp.Header, time.Now()) <= sendGridMaxWait, nil
	}
	return false, nil
}

// waitOf returns how long an answer asks to wait, 0 if it does not say: Retry-After in seconds or as a date, or else
// SendGrid's X-RateLimit-Reset, which is a time of Unix.
func waitOf(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if when, err := http.ParseTime(text); err == nil {
		return max(0, when.Sub(now))
	}
	if unix, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && unix > 0 {
		return max(0, time.Unix(unix, 0).Sub(now))
	}
	return 0
}

type sendGridMail struct {
	Personalizations []sendGridTo      `json:"personalizations"`
	From             sendGridAddress   `json:"from"`
	Subject          string            `json:"subject"`
	Content          []sendGridContent `json:"content"`
	Headers          map[string]string `json:"headers"`
	Categories       []string          `json:"categories"`
	Tracking         sendGridTracking  `json:"tracking_settings"`
}

type sendGridTo struct {
	To []sendGridAddress `json:"to"`
}

type sendGridAddress struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

type sendGridContent struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// sendGridTracking turns off that links are replaced by SendGrid's own, which would hand it our single-use links.
type sendGridTracking struct {
	Clicks struct {
		Enable bool `json:"enable"`
		Text   bool `json:"enable_text"`
	} `json:"click_tracking"`
	Opens struct {
		Enable bool `json:"enable"`
	} `json:"open_tracking"`
}

// Send hands a mail over.
func (s *SendGrid) Send(ctx context.Context, p Outgoing) error {
	body, err := json.Marshal(sendGridMail{
		Personalizations: []sendGridTo{{To: []sendGridAddress{{Email: p.To}}}},
		From:             sendGridAddress{s.from.Address, s.from.Name},
		Subject:          line(p.Subject, maxSubject),
		Content:          []sendGridContent{{"text/plain", p.Text}, {"text/html", p.HTML}}, // in this order
		Headers: map[string]string{
			"Message-ID": "<" + s.from.messageID(p.ID) + ">", "Date": p.Written.UTC().Format(time.RFC1123Z), "Auto-Submitted": "auto-generated",
		},
		Categories: []string{string(p.Kind)},
	})
	if err != nil {
		return fmt.Errorf("encoding a mail: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("calling SendGrid: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "SendGrid could not be reached.", Err: err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return nil // taken, whatever became of the answer
	}
	if err != nil {
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "SendGrid's answer broke off.", Err: err}
	}
	return sendGridRefusal(resp, answer, time.Now())
}

func sendGridRefusal(resp *http.Response, body []byte, now time.Time) error {
	e := &pierre.Error{Kind: pierre.KindUnavailable, RetryAfter: waitOf(resp.Header, now), Err: fmt.Errorf("status %d", resp.StatusCode)}
	why := ""
	var told struct {
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &told) == nil && len(told.Errors) > 0 {
		why = ": " + strings.TrimSuffix(line(told.Errors[0].Message, maxSubject), ".")
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		e.Kind, e.Msg = pierre.KindRateLimited, "SendGrid asks to send later"
	case http.StatusUnauthorized, http.StatusForbidden: // the operator repairs it, so the mail waits
		e.Msg = "SendGrid does not accept the API key or the sender"
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		e.Kind, e.Msg = pierre.KindInvalid, "SendGrid refused the mail for good"
	default:
		e.Msg = "SendGrid is out of order"
	}
	e.Msg += why + "."
	return e
}
