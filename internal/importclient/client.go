package importclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/sync/errgroup"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Options adjust a [Client]. The zero value works.
type Options struct {
	Authorize func(*http.Request) // adds the credentials to each request
	Parallel  int                 // uploads at a time; 0: 3
	Retries   int                 // of an upload that failed for a passing reason; 0: 4
	RetryWait time.Duration       // before the first retry, doubling up to 16 times it; 0: 500 ms
	MaxAnswer int64               // of what is read of an answer, in bytes; 0: 256 MiB
}

// A Client sends to one server.
type Client struct {
	url      *url.URL
	opts     Options
	http     *retryablehttp.Client
	parallel int
}

const (
	defaultParallel  = 3
	defaultRetries   = 4
	defaultRetryWait = 500 * time.Millisecond
	defaultMaxAnswer = 256 << 20
	maxWaitFactor    = 16
	continueTimeout  = time.Second
	ndjson           = "application/x-ndjson"
)

// NewClient returns a client of the server whose import API is at u, over a copy of c.
func NewClient(u *url.URL, c *http.Client, opts Options) *Client {
	h := retryablehttp.NewClient()
	h.Logger = nil
	h.HTTPClient = withContinue(c)
	h.RetryMax, h.RetryWaitMin = defaultRetries, defaultRetryWait
	if opts.Retries > 0 {
		h.RetryMax = opts.Retries
	}
	if opts.RetryWait > 0 {
		h.RetryWaitMin = opts.RetryWait
	}
	h.RetryWaitMax = h.RetryWaitMin * maxWaitFactor
	h.CheckRetry = checkRetry
	h.ErrorHandler = retryablehttp.PassthroughErrorHandler // the last answer says best what is wrong
	parallel := opts.Parallel
	if parallel == 0 {
		parallel = defaultParallel
	}
	opts.MaxAnswer = cmp.Or(opts.MaxAnswer, defaultMaxAnswer)
	return &Client{u, opts, h, parallel}
}

// withContinue returns a client that waits a moment for the server's leave to send
// a body: without it, a refused gigabyte would be sent, and its refusal perhaps lost.
func withContinue(c *http.Client) *http.Client {
	own := *c
	if t, ok := own.Transport.(*http.Transport); ok {
		t = t.Clone()
		t.ExpectContinueTimeout = continueTimeout
		own.Transport = t
	}
	return &own
}

// checkRetry knows the failures that will not pass by themselves: a full disk
// of the server, and a file that cannot be read.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if resp != nil && resp.StatusCode == http.StatusInsufficientStorage {
		return false, nil
	}
	if _, unreadable := errors.AsType[*fs.PathError](err); unreadable {
		return false, err
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

// A Watcher follows an upload. Its methods are called from several goroutines.
type Watcher interface {
	Sent(bytes int64)                                // so many more; less than 0 if they have to be sent again
	Progress(item string, now pierre.ImportProgress) // how far the server is with the item of that path
	Done(item string, files int)                     // the item's files are reported
}

// Send sends items, a few at a time, and returns the report on all of their
// files in the order of items. An item that the server refuses is a failed row.
// An error means that the rest was not sent either: the server cannot be reached,
// or refuses everything.
func (c *Client) Send(ctx context.Context, items []Item, watch Watcher) (pierre.ImportReport, error) {
	reports := make([]pierre.ImportReport, len(items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.parallel)
	for i, it := range items {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if reports[i], err = c.send(ctx, it, watch); err != nil {
				return err
			}
			watch.Done(it.Path, len(reports[i].Files))
			return nil
		})
	}
	err := group.Wait()
	all := pierre.ImportReport{Files: []pierre.ImportRow{}}
	for _, r := range reports {
		all.Files = append(all.Files, r.Files...)
		all.Omitted += r.Omitted
		all.Summary.Add(r.Summary)
	}
	return all, err
}

// send sends one item, again if the answer breaks off: an import that is repeated changes nothing.
func (c *Client) send(ctx context.Context, it Item, watch Watcher) (pierre.ImportReport, error) {
	var report pierre.ImportReport
	for attempt := 0; ; attempt++ {
		var err error
		report, err = c.attempt(ctx, it, watch)
		if _, cut := errors.AsType[*cutOffError](err); cut && attempt < c.http.RetryMax && ctx.Err() == nil {
			continue
		}
		if refused, ok := errors.AsType[*refusedError](err); ok && refused.ofItem() {
			return failed(it, refused.Error()), nil
		}
		if unreadable, ok := errors.AsType[*fs.PathError](err); ok {
			return failed(it, unreadable.Error()), nil
		}
		return report, err
	}
}

func failed(it Item, reason string) pierre.ImportReport {
	row := pierre.ImportRow{File: it.Path, Status: pierre.ImportFailed, Reason: reason}
	report := pierre.ImportReport{Files: []pierre.ImportRow{row}}
	report.Summary.Count(row)
	return report
}

func (c *Client) attempt(ctx context.Context, it Item, watch Watcher) (pierre.ImportReport, error) {
	sent := &meter{watch: watch}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.url.String(), retryablehttp.ReaderFunc(func() (io.Reader, error) {
		sent.void()
		sent = &meter{watch: watch}
		return it.open(sent.add)
	}))
	if err != nil {
		return pierre.ImportReport{}, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": it.Name}))
	req.Header.Set("Accept", ndjson)
	req.Header.Set("Expect", "100-continue") // see withContinue
	if c.opts.Authorize != nil {
		c.opts.Authorize(req.Request)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return pierre.ImportReport{}, unreachable(c.url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return pierre.ImportReport{}, refusal(c.url, resp)
	}
	report, err := readAnswer(resp.Body, c.opts.MaxAnswer, it, watch)
	if err != nil {
		sent.void()
	}
	return report, err
}

// locate turns a path that the server reports, which is inside the upload, into
// one that tells the user where the file is: the item itself is known by its path.
func (it Item) locate(file string) string {
	if file == it.Name && it.Files == nil {
		return it.Path
	}
	if it.Files != nil {
		return filepath.Join(it.Path, filepath.FromSlash(file))
	}
	return it.Name + "/" + file
}

// A cutOffError is an answer without its end.
type cutOffError struct{ err error }

func (e *cutOffError) Error() string {
	return "the server's answer broke off; what was reported is imported, and importing again completes it"
}
func (e *cutOffError) Unwrap() error { return e.err }

// A problem is what is read of a problem document (RFC 9457).
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// A refusedError is a server's answer that is not a report.
type refusedError struct {
	status int
	msg    string
}

// Status is the HTTP status with which the server refused an upload; 0 if err is no refusal.
func Status(err error) int {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return refused.status
	}
	return 0
}

func (e *refusedError) Error() string { return e.msg }

// ofItem reports whether the refusal is about what was sent, and not about all that could be.
func (e *refusedError) ofItem() bool {
	return e.status == http.StatusRequestEntityTooLarge || e.status == http.StatusUnprocessableEntity
}

func refusal(u *url.URL, resp *http.Response) error {
	const enough = 64 << 10
	var p problem
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	if err == nil && json.Unmarshal(bytes.TrimSpace(body), &p) == nil && p.Detail != "" {
		return &refusedError{resp.StatusCode, p.Detail}
	}
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return &refusedError{resp.StatusCode, fmt.Sprintf("%s does not exist: is this a Pierre server?", u)}
	case http.StatusRequestEntityTooLarge:
		return &refusedError{resp.StatusCode, "a proxy in front of the server refuses a file of this size"}
	}
	return &refusedError{resp.StatusCode, fmt.Sprintf("%s answers %s", u, resp.Status)}
}

func unreachable(u *url.URL, err error) error {
	if cause, ok := errors.AsType[*url.Error](err); ok {
		err = cause.Err // the rest repeats the URL
	}
	return fmt.Errorf("cannot reach %s://%s: %w", u.Scheme, u.Host, err)
}
