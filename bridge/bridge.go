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
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// Defaults of [Options]. Hosts give up on a request after 60 s.
const (
	defaultMaxMessage      = 64 << 20
	defaultConnectPatience = 20 * time.Second
	defaultPatience        = 30 * time.Second
	defaultGrace           = 500 * time.Millisecond
)

// Options are the optional settings of a [Bridge]; the zero value is right for a program on stdio.
type Options struct {
	// HTTP carries the requests; its redirect policy is replaced: the bridge follows
	// none. It must have no Timeout, since calls may take any time. A transport that
	// does not report to net/http/httptrace counts as one that never sent anything
	// when it fails. Default: a client on [NewTransport].
	HTTP *http.Client
	// Header is sent with every request.
	Header http.Header
	// UserAgent names the program to the server.
	UserAgent string
	// Logger gets every message, at debug level and without the key. Default: nothing is logged.
	Logger *slog.Logger
	// MaxMessage bounds one message, in bytes, in either direction. Default: 64 MiB.
	MaxMessage int
	// ConnectPatience is how long the first request of a conversation (initialize,
	// server/discover) is held while the server cannot be reached. Default: 20 s.
	ConnectPatience time.Duration
	// Patience is how long any other message is, waits that the server asks for included. Default: 30 s.
	Patience time.Duration
	// Grace is how long calls in flight may go on after the host closed its end. Default: 500 ms.
	Grace time.Duration
}

// A Bridge relays conversations to one server.
type Bridge struct {
	url    *url.URL
	host   string // for messages
	key    secret.String
	header http.Header // on every request, the key included
	opts   Options
	client *retryablehttp.Client
	log    *messageLog
}

// New returns a bridge to the MCP endpoint at rawURL. Key is the bearer key; it may be empty.
func New(rawURL string, key secret.String, opts Options) (*Bridge, error) {
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
	opts.MaxMessage = orDefault(opts.MaxMessage, defaultMaxMessage)
	opts.ConnectPatience = orDefault(opts.ConnectPatience, defaultConnectPatience)
	opts.Patience = orDefault(opts.Patience, defaultPatience)
	opts.Grace = orDefault(opts.Grace, defaultGrace)
	log := newMessageLog(opts.Logger, key, opts.Header)
	return &Bridge{
		url:    u,
		host:   u.Host,
		key:    key,
		header: baseHeader(key, opts),
		opts:   opts,
		client: newClient(opts.HTTP, log.Logger),
		log:    log,
	}, nil
}

func orDefault[T int | time.Duration](v, fallback T) T {
	if v == 0 {
		return fallback
	}
	return v
}

// Run relays one conversation until in ends, ctx ends or out breaks. Calls in
// flight then get [Options.Grace] to finish, and the server's session is deleted.
// A Read of in that is blocked when ctx ends is left behind: nothing can interrupt it.
//
// Run returns nil if in ended or ctx was cancelled, else what broke.
func (b *Bridge) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	b.log.InfoContext(ctx, "relaying", "server", b.host)
	r := newRelay(ctx, b, out)
	read := make(chan error, 1)
	go func() { read <- r.read(r.work, newLineReader(in, b.opts.MaxMessage)) }()
	var err error
	select {
	case err = <-read:
	case <-ctx.Done():
	case <-r.out.broken:
		err = r.out.failure()
	}
	r.stop(context.WithoutCancel(ctx))
	b.log.InfoContext(ctx, "the conversation ended", "err", err)
	return err
}
