package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
)

// StripeURL is where Stripe takes requests.
const StripeURL = "https://api.stripe.com"

const (
	stripeWait    = 20 * time.Second // for an answer
	maxStripe     = 1 << 20          // bytes of an answer
	stripeClaim   = 5 * time.Minute  // how long one replica has an event
	stripeBatch   = 50
	stripePause   = time.Minute // before an event is tried again, doubled each time
	maxStripeWait = 6 * time.Hour
	// stripeLatest is how old an event's time may be, a little less than the 35 days of Stripe.
	stripeLatest = 34 * 24 * time.Hour
)

// Stripe sends meter events by HTTPS.
type Stripe struct {
	url  string
	key  secret.String
	http *http.Client
}

// NewStripe returns a client with a secret key of Stripe. origin is [StripeURL], or a fake's in tests.
func NewStripe(origin string, key secret.String) *Stripe {
	retrying := retryablehttp.NewClient()
	retrying.Logger = nil
	retrying.RetryMax = 0 // the table of events says when each is tried again
	retrying.ErrorHandler = retryablehttp.PassthroughErrorHandler
	retrying.HTTPClient.Timeout = stripeWait
	retrying.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Stripe{url: origin, key: key, http: retrying.StandardClient()}
}

// A verdict is what became of an event.
type verdict struct {
	delivered bool
	final     bool          // it is of no use to try again
	problem   string        // for people; "": none
	wait      time.Duration // as Stripe asks for, 0: it does not say
}

// send tells Stripe of an event that happened at the given time. That Stripe has it already means that it was delivered.
// There is no Idempotency-Key: the identifier serves for it, and a key refuses a request whose time has moved.
func (c *Stripe) send(ctx context.Context, e db.MeterEvent, at time.Time) verdict {
	form := url.Values{
		"event_name": {e.Meter}, "identifier": {e.Identifier}, "timestamp": {strconv.FormatInt(at.Unix(), 10)},
		"payload[stripe_customer_id]": {e.Customer}, "payload[value]": {strconv.FormatInt(e.Value, 10)},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v1/billing/meter_events", strings.NewReader(form.Encode()))
	if err != nil {
		return verdict{problem: "The request could not be made."}
	}
	r.SetBasicAuth(c.key.Reveal(), "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(r)
	if err != nil {
		return verdict{problem: "Stripe cannot be reached."}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxStripe))
	if err != nil {
		return verdict{problem: "Stripe's answer broke off."}
	}
	return judge(resp.StatusCode, resp.Header, body)
}

// judge reads Stripe's answer.
func judge(status int, h http.Header, body []byte) verdict {
	if status >= http.StatusOK && status <= http.StatusIMUsed {
		return verdict{delivered: true}
	}
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // a proxy's answer says nothing
	problem := answer.Error
	if status == http.StatusBadRequest && (problem.Code == "duplicate_meter_event" || strings.HasPrefix(problem.Message, "An event already exists with identifier ")) {
		return verdict{delivered: true}
	}
	const longest = 300
	text := web.Redact(strings.ToValidUTF8(problem.Message, ""))
	v := verdict{problem: fmt.Sprintf("Stripe answered %d. %.*s", status, longest, text)}
	if seconds, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32); err == nil && seconds > 0 {
		v.wait = min(time.Duration(seconds)*time.Second, maxStripeWait)
	}
	switch {
	case h.Get("Stripe-Should-Retry") == "true":
	case h.Get("Stripe-Should-Retry") == "false":
		v.final = true
	case status == http.StatusTooManyRequests, status == http.StatusConflict, status == http.StatusRequestTimeout:
	case status == http.StatusUnauthorized, status == http.StatusForbidden: // the operator's key is wrong, not the event
	default:
		v.final = status < http.StatusInternalServerError
	}
	return v
}

// Jobs returns the background work.
func (s *Service) Jobs() []jobs.Job {
	if s.opts.Stripe == nil {
		return nil
	}
	return []jobs.Job{{Name: "tell Stripe of closed months", Every: time.Minute, Do: func(ctx context.Context) error {
		_, err := s.Deliver(ctx)
		return err
	}}}
}

// Deliver sends the events that are due. Replicas may do so at the same time. It returns how many were delivered.
func (s *Service) Deliver(ctx context.Context) (delivered int, err error) {
	if s.opts.Stripe == nil {
		return 0, nil
	}
	due, err := s.db.ClaimEvents(ctx, s.now(), s.now().Add(stripeClaim), stripeBatch)
	if err != nil {
		return 0, err
	}
	for _, e := range due {
		v := s.opts.Stripe.send(ctx, e, s.eventTime(e.Month))
		if ctx.Err() != nil {
			return delivered, ctx.Err()
		}
		if err := s.db.SetEvent(ctx, v.after(e, s.now())); err != nil {
			return delivered, err
		}
		if v.delivered {
			delivered++
		}
	}
	return delivered, nil
}

// eventTime returns the last second of a month, or the earliest time that Stripe takes if that is later.
func (s *Service) eventTime(month db.Month) time.Time {
	at := month.End().Add(-time.Second)
	if earliest := s.now().Add(-stripeLatest); at.Before(earliest) {
		return earliest
	}
	return at
}

// after returns the event as it is kept.
func (v verdict) after(e db.MeterEvent, now time.Time) db.MeterEvent {
	e.Problem = v.problem
	switch {
	case v.delivered:
		e.State, e.Delivered = db.EventDelivered, now
	case v.final:
		e.State = db.EventRefused
	default:
		pause := stripePause << min(e.Tries, 9) //nolint:mnd // more is longer than the longest
		e.Next = now.Add(max(v.wait, min(pause, maxStripeWait)))
	}
	return e
}
