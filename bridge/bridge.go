// Package bridge relays MCP between a host on a pair of byte streams and a remote
// server on Streamable HTTP, in both eras of the protocol (2024-11-05 to 2025-11-25
// with initialize and sessions, 2026-07-28 without; the era is read off each message).
//
// It moves bytes: it reads the envelope of a message and leaves ids, numbers and
// unknown members as they came. What it adds is endurance: it waits for a server
// that is not there, retries what is safe to retry, re-initializes a lost session,
// resumes broken streams, and answers every request that it cannot serve with an
// error that says what to do. Flags, environment, signals and the death of the
// parent process are left to the program around it.
package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Defaults of [Options]. Hosts give up on a request after 60 s.
const (
	defaultMaxMessage       = 64 << 20
	defaultConnectPatience  = 20 * time.Second
	defaultDiscoverPatience = 2 * time.Second
	defaultPatience         = 30 * time.Second
	defaultDrain            = 30 * time.Second
	defaultGrace            = 500 * time.Millisecond
)

// Options are the optional settings of a [Bridge]; the zero value is right for a program on stdio.
type Options struct {
	// HTTP carries the requests. Its redirect policy is replaced: the bridge follows
	// redirects only within the origin. It must have no Timeout, since calls may take
	// any time. A transport that does not report to net/http/httptrace counts as one
	// that never sent anything when it fails. Default: a client on [NewTransport].
	HTTP *http.Client
	// Header is sent with every request.
	Header http.Header
	// UserAgent names the program to the server.
	UserAgent string
	// Advice returns a sentence that the text of an error ends with: what the user of
	// this program can do about it. Default: none.
	Advice func(Failure) string
	// Logger gets every message at debug level, without the key and the values of
	// Header. Default: nothing is logged.
	Logger *slog.Logger
	// Redact masks what else the log must not show. Default: nothing.
	Redact func(text string) string
	// MaxMessage bounds one message, in bytes, in either direction. Default: 64 MiB.
	MaxMessage int
	// ConnectPatience is how long after the beginning of Run a request to initialize is
	// held while the server cannot be reached, and a later one after it came. Default: 20 s.
	ConnectPatience time.Duration
	// DiscoverPatience is how long a request to server/discover is held: hosts use it as
	// a short probe before they initialize. Default: 2 s.
	DiscoverPatience time.Duration
	// Patience is how long any other message is held, waits that the server asks for included. Default: 30 s.
	Patience time.Duration
	// Drain is how long calls in flight may go on after in has ended. Default: 30 s.
	Drain time.Duration
	// Grace is how long calls in flight may go on after the context of Run has ended. Default: 500 ms.
	Grace time.Duration
}

// A Bridge relays conversations to one server.
type Bridge struct {
	url    *url.URL
	host   string      // for messages
	header http.Header // on every request, the key included
	keyed  bool        // there is a key
	opts   Options
	http   *http.Client
	log    *messageLog
}

// New returns a bridge to the MCP endpoint at rawURL. Key is the bearer key; it may be empty.
func New(rawURL, key string, opts Options) (*Bridge, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("parsing the endpoint's URL: %w", err)
	}
	if u.Host == "" {
		return nil, errors.New("the endpoint's URL has no host")
	}
	if opts.HTTP == nil {
		opts.HTTP = &http.Client{}
	}
	if opts.HTTP.Transport == nil {
		own := *opts.HTTP
		own.Transport = NewTransport()
		opts.HTTP = &own
	}
	if opts.Advice == nil {
		opts.Advice = func(Failure) string { return "" }
	}
	opts.MaxMessage = cmp.Or(opts.MaxMessage, defaultMaxMessage)
	opts.ConnectPatience = cmp.Or(opts.ConnectPatience, defaultConnectPatience)
	opts.DiscoverPatience = cmp.Or(opts.DiscoverPatience, defaultDiscoverPatience)
	opts.Patience = cmp.Or(opts.Patience, defaultPatience)
	opts.Drain = cmp.Or(opts.Drain, defaultDrain)
	opts.Grace = cmp.Or(opts.Grace, defaultGrace)
	return &Bridge{
		url:    u,
		host:   u.Host,
		header: baseHeader(key, opts),
		keyed:  key != "",
		opts:   opts,
		http:   newClient(opts.HTTP),
		log:    newMessageLog(key, opts),
	}, nil
}

// ErrCutOff is the result of a conversation whose last calls got no answer in time.
var ErrCutOff = errors.New("cut off")

// Run relays one conversation until in ends, ctx ends or out breaks. After the end
// of in, calls in flight get [Options.Drain] to finish; after the end of ctx,
// [Options.Grace]. Then the server's session is deleted. A Read of in that is
// blocked when ctx ends is left behind: nothing can interrupt it.
//
// Run returns nil if in ended and every call was answered, or if ctx was cancelled;
// an error that is [ErrCutOff] if in ended and a call was not; else what broke.
func (b *Bridge) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	b.log.InfoContext(ctx, "relaying", "server", b.host)
	r := newRelay(ctx, b, out)
	read := make(chan error, 1)
	go func() { read <- r.read(r.work, newLineReader(in, b.opts.MaxMessage)) }()
	var err error
	grace := b.opts.Grace
	select {
	case err = <-read:
		if err == nil {
			r.drain(ctx)
			grace = 0
		}
	case <-ctx.Done():
	case <-r.out.broken:
	}
	if ctx.Err() != nil {
		grace = b.opts.Grace
	}
	r.stop(context.WithoutCancel(ctx), grace)
	if err == nil {
		err = r.out.failure()
	}
	if n := r.calls.leftOver(); err == nil && n > 0 && ctx.Err() == nil {
		err = fmt.Errorf("the input ended, and %d of its requests got no answer within %v: %w", n, b.opts.Drain, ErrCutOff)
	}
	b.log.InfoContext(ctx, "the conversation ended", "err", err)
	return err
}
