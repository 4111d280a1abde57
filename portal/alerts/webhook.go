package alerts

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/publicnet"
	"github.com/pierre-mcp/pierre/portal/db"
)

const (
	hookTimeout = 15 * time.Second
	hookLease   = time.Minute
	hooksAtOnce = 4
	maxURL      = 2000
	maxAnswer   = 16 << 10
	secretBytes = 32
	giveUpAfter = 24 * time.Hour
)

// hooks is the client that webhooks are delivered with.
type hooks struct {
	http     http.Client
	networks []netip.Prefix
}

func newHooks(networks []netip.Prefix) *hooks {
	return &hooks{http.Client{
		Transport: byScheme{publicnet.Transport(networks...), publicnet.Within(networks...)}, Timeout: hookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, networks}
}

// byScheme reaches other addresses over TLS than without: what is not encrypted stays in the operator's networks.
type byScheme struct{ encrypted, plain http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return t.encrypted.RoundTrip(r)
	}
	return t.plain.RoundTrip(r)
}

// A Target is where a webhook goes. It is kept encrypted.
type Target struct {
	URL    string `json:"url"`
	Secret string `json:"secret"` // whsec_ and base64; "" for Slack, whose URL is the secret
}

// checkTarget reports what is wrong with a URL. http is for networks that the operator allowed.
func (h *hooks) checkTarget(text string) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL || err != nil || u.Hostname() == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http":
		return pierre.Invalid("url", "Enter an https URL.")
	case u.User != nil:
		return pierre.Invalid("url", "The URL must not have a user name.")
	case u.Scheme == "http" && !h.mayBePlain(u.Hostname()):
		return pierre.Invalid("url", "The URL must begin with https://.")
	}
	return nil
}

// mayBePlain reports whether a host may lie in the networks that the operator allowed. Where a name leads is known, and
// checked, when a connection is made.
func (h *hooks) mayBePlain(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return len(h.networks) > 0
	}
	return slices.ContainsFunc(h.networks, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// newSecret returns a secret in the form of Standard Webhooks.
func newSecret() string {
	b := make([]byte, secretBytes)
	rand.Read(b) // ends the program rather than fail
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// Sign returns the header webhook-signature of a body (Standard Webhooks 1.0, symmetric signatures).
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return "", errors.New("the secret of a webhook is damaged")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

func purposeOf(channel string) []byte { return []byte("portal_channels/" + channel) }

// target opens what is kept of a channel.
func (w *Watch) target(c db.Channel) (t Target, err error) {
	plain, err := w.seal.Open(c.Sealed, purposeOf(c.ID))
	if err == nil {
		err = json.Unmarshal(plain, &t)
	}
	if err != nil {
		return t, fmt.Errorf("opening the channel %s: %w", c.ID, err)
	}
	return t, nil
}

// Deliver sends all that is due to webhooks, or tries to.
func (w *Watch) Deliver(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, hooksAtOnce)
	for n := range hooksAtOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				some, err := w.deliverOne(ctx)
				if errs[n] = err; err != nil || !some {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (w *Watch) deliverOne(ctx context.Context) (some bool, err error) {
	now := w.opts.Now()
	lease := rand.Text()
	d, some, err := w.db.TakeDelivery(ctx, lease, now, now.Add(hookLease))
	if err != nil || !some {
		return false, err
	}
	c, err := w.db.Channel(ctx, d.Channel)
	if err != nil {
		return true, gone(err)
	}
	failure := w.send(ctx, c, d)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hookLease-hookTimeout)
	defer cancel()
	return true, w.note(ctx, d, lease, failure)
}

// note keeps what became of a delivery. Tries go on for a day.
func (w *Watch) note(ctx context.Context, d db.Delivery, lease string, failure error) error {
	now := w.opts.Now()
	d.State, d.Ended, d.Outcome = "done", now, "delivered"
	if failure != nil {
		w.log.WarnContext(ctx, "webhook not delivered", slog.String("delivery", d.ID), slog.String("channel", d.Channel), slog.Any("err", failure))
		d.Outcome = pierre.MessageOf(failure, "The delivery failed; the log says why.")
		d.Due = now.Add(max(pause(d.Tries), pierre.RetryAfterOf(failure, 0)))
		switch {
		case pierre.KindOf(failure) == pierre.KindInvalid || pierre.KindOf(failure) == pierre.KindNotFound || d.Due.Sub(d.Made) > giveUpAfter:
			d.State = "dead"
		default:
			d.State, d.Ended = "waiting", time.Time{}
		}
		if pierre.KindOf(failure) == pierre.KindNotFound { // 410: it wants no more
			if err := w.db.StopChannel(ctx, d.Channel, d.Outcome); err != nil {
				return err
			}
		}
	}
	return w.db.EndDelivery(ctx, d, lease)
}

// pause returns how long a delivery waits after so many tries.
func pause(tries int64) time.Duration {
	steps := [...]time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 4 * time.Hour}
	return steps[min(max(tries-1, 0), int64(len(steps)-1))]
}

func (w *Watch) send(ctx context.Context, c db.Channel, d db.Delivery) error {
	if c.Stopped != "" {
		return pierre.Invalid("", "The channel is stopped: %s", c.Stopped)
	}
	t, err := w.target(c)
	if err != nil {
		return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The channel cannot be read any more: it was sealed with another ADMIN_ENCRYPTION_KEY.", Err: err}
	}
	body := []byte(d.Body)
	if c.Kind == "slack" {
		if body, err = slackText(d.Body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return &pierre.Error{Kind: pierre.KindInvalid, Msg: "The URL cannot be used.", Err: withoutURL(err)}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "pierre-admin-service/"+buildinfo.Version())
	if c.Kind == "webhook" {
		at := w.opts.Now()
		signature, err := Sign(t.Secret, d.ID, at, body)
		if err != nil {
			return err
		}
		req.Header.Set("Webhook-Id", d.ID)
		req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
		req.Header.Set("Webhook-Signature", signature)
	}
	resp, err := w.hooks.http.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) //nolint:errcheck // the status says it
	return refusal(resp)
}

// withoutURL returns the cause of a request's error. The URL is left out: whoever reads it in a log could use the webhook.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// unreachable says why no answer came, without what the resolver or the own network told.
func unreachable(err error) error {
	err = withoutURL(err)
	msg := "The address could not be reached."
	var timeout net.Error
	switch {
	case errors.Is(err, publicnet.ErrNotPublic):
		return &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The address is not public, or is asked over plain http, and its network is not allowed.", Err: err}
	case errors.As(err, &timeout) && timeout.Timeout():
		msg = "No answer came in time."
	}
	return &pierre.Error{Kind: pierre.KindUnavailable, Msg: msg, Err: err}
}

// refusal returns what the answer means, nil if it is success.
func refusal(resp *http.Response) error {
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		return nil
	case resp.StatusCode == http.StatusGone:
		return &pierre.Error{Kind: pierre.KindNotFound, Msg: "The receiver wants no more; it answered 410."}
	}
	e := &pierre.Error{Kind: pierre.KindUnavailable, Msg: fmt.Sprintf("The receiver answered %d.", resp.StatusCode)}
	if seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 32); err == nil && seconds > 0 {
		e.RetryAfter = min(time.Duration(seconds)*time.Second, giveUpAfter)
	}
	return e
}

// slackText writes an event as Slack's incoming webhooks take it, and what imitates them.
func slackText(body string) ([]byte, error) {
	var e Event
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return nil, fmt.Errorf("reading an alert: %w", err)
	}
	mark := ":rotating_light:"
	switch e.Type {
	case eventOver:
		mark = ":white_check_mark: All clear:"
	case eventTest:
		mark = ":wave:"
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	text := mark + " " + escape.Replace(e.Data.Title) + " (" + escape.Replace(e.Data.Rule) + ") <" + e.Data.URL + "|Open>"
	return json.Marshal(map[string]string{"text": text})
}
