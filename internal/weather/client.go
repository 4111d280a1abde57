package weather

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

const (
	answerWait     = 5 * time.Second // until an answer begins: a tool waits, and with it others
	requestTimeout = 8 * time.Second // of a request with its answer
	turnWait       = 4 * time.Second // until a request may run
	maxBody        = 1 << 20
	maxReason      = 200
	atOnce         = 4 // requests to a host

	failuresToRest = 3
	shortRest      = time.Minute
	longestRest    = 16 * time.Minute
)

// newClient returns the HTTP client of both hosts. It follows no redirects, so that no other host is reached.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A host is one of the service's, and how it is with it.
type host struct {
	http *http.Client
	url  string
	key  secret.String
	turn chan struct{} // one for each request that runs

	mu       sync.Mutex
	until    time.Time // nothing is asked before
	limited  bool      // it asked for that
	failures int       // one after the other
}

func newHost(c *http.Client, address string, key secret.String) *host {
	return &host{http: c, url: address, key: key, turn: make(chan struct{}, atOnce)}
}

// A restError says that a host is not asked for a while.
type restError struct {
	until   time.Time
	limited bool
}

func (e *restError) Error() string {
	return "it is not asked until " + e.until.UTC().Format(time.RFC3339)
}

// errBusy says that too many requests to the host ran for another one to begin.
var errBusy = errors.New("too many ask it at once")

// A statusError is an answer that is no success.
type statusError struct {
	status int
	reason string // as the service says it, shortened
	wait   time.Duration
}

func (e *statusError) Error() string { return fmt.Sprintf("it answered %d: %q", e.status, e.reason) }

// takeTurn waits until another request may run. Without an error, the turn is to be given back.
func (h *host) takeTurn(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, turnWait)
	defer cancel()
	select {
	case h.turn <- struct{}{}:
		return nil
	case <-waiting.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return errBusy
	}
}

// get asks for the days of a cell when it is its turn.
func (h *host) get(ctx context.Context, now time.Time, cell pierre.WeatherCell, first, last time.Time) ([]byte, error) {
	if err := h.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.turn }()
	if err := h.rests(now); err != nil { // which may have begun while this one waited
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"?"+h.query(cell, first, last).Encode(), nil)
	if err != nil {
		return nil, errors.New("the address of the weather service is none")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "pierre-mcp-server")
	resp, err := h.http.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(resp, body, now)
	case err != nil:
		return nil, &malformedError{"it ends early: " + err.Error()}
	case len(body) > maxBody:
		return nil, &malformedError{"it is too long"}
	}
	return body, nil
}

// query says which days of which place. The place is the cell: a tenth of a degree, never the athlete's own.
func (h *host) query(cell pierre.WeatherCell, first, last time.Time) url.Values {
	latitude, longitude := cell.Degrees()
	q := url.Values{
		"latitude":        {strconv.FormatFloat(latitude, 'f', 1, 64)},
		"longitude":       {strconv.FormatFloat(longitude, 'f', 1, 64)},
		"start_date":      {first.Format(time.DateOnly)},
		"end_date":        {last.Format(time.DateOnly)},
		"hourly":          {strings.Join(variables(), ",")},
		"wind_speed_unit": {"ms"},
		"timezone":        {"UTC"},
	}
	if key := h.key.Reveal(); key != "" {
		q.Set("apikey", key)
	}
	return q
}

// rests returns an error while the host may not be asked.
func (h *host) rests(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Before(h.until) {
		return &restError{h.until, h.limited}
	}
	return nil
}

// note takes what became of a request. It returns what should be logged, if anything.
func (h *host) note(now time.Time, err error) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var status *statusError
	rests, canceled := errors.As(err, new(*restError)) || errors.Is(err, errBusy), errors.Is(err, context.Canceled)
	switch {
	case err == nil:
		h.failures = 0
	case rests, canceled: // it was not asked, or the caller went away
		return ""
	case errors.As(err, &status) && status.wait > 0:
		h.until, h.limited = now.Add(status.wait), true
		return "it asks to wait"
	case status != nil && status.status == http.StatusBadRequest: // it works, and does not like the question
		return "it refuses the question"
	default:
		h.failures++
		if h.failures >= failuresToRest {
			h.until, h.limited = now.Add(min(longestRest, shortRest<<min(h.failures-failuresToRest, 10))), false
			return "it fails, and is not asked for a while"
		}
		return "it fails"
	}
	return ""
}

// refusal reads an answer that is no success: {"error":true,"reason":"…"}. Open-Meteo says in words how long to wait.
func refusal(resp *http.Response, body []byte, now time.Time) error {
	var said struct {
		Reason string `json:"reason"`
	}
	_ = json.Unmarshal(body, &said) // a proxy answers in HTML
	e := &statusError{status: resp.StatusCode, reason: strings.ToValidUTF8(said.Reason[:min(len(said.Reason), maxReason)], "")}
	if resp.StatusCode != http.StatusTooManyRequests {
		return e
	}
	reason := strings.ToLower(said.Reason)
	hour, day := now.UTC().Truncate(time.Hour).Add(time.Hour), midnight(now).AddDate(0, 0, 1)
	seconds, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After")))
	switch {
	case err == nil && seconds > 0:
		e.wait = min(time.Duration(seconds)*time.Second, 24*time.Hour)
	case strings.Contains(reason, "daily") || strings.Contains(reason, "monthly"):
		e.wait = day.Sub(now)
	case strings.Contains(reason, "hourly"):
		e.wait = hour.Sub(now)
	default:
		e.wait = shortRest
	}
	return e
}

// withoutURL takes the address out of an error: it may hold a key.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// shown words an error for whoever asked.
func shown(err error, now time.Time) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := &pierre.Error{Kind: pierre.KindUnavailable, Msg: "The weather service does not answer; try again later.", Err: err}
	var status *statusError
	var rest *restError
	switch {
	case errors.Is(err, errBusy):
		e.Msg, e.RetryAfter = "Too many questions about the weather wait for an answer; try again in a few seconds.", turnWait
	case errors.As(err, &rest):
		e.RetryAfter = rest.until.Sub(now)
		if rest.limited {
			e.Msg = "The weather service allows no more questions until " + rest.until.UTC().Format("15:04") + " UTC."
		}
	case errors.As(err, &status) && status.wait > 0:
		e.RetryAfter = status.wait
		e.Msg = "The weather service allows no more questions until " + now.Add(status.wait).UTC().Format("15:04") + " UTC."
	case status != nil && status.status == http.StatusBadRequest:
		e.Kind, e.Msg = pierre.KindNotFound, "The weather service knows nothing of these days at this place."
	}
	return e
}
