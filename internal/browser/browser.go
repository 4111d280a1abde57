// Package browser gives tests a real browser, the Chromium of this machine, driven over its DevTools protocol: tabs that
// share nothing, what a page is found fault with by axe, what it weighs, and pictures of it. Without Chromium tests are
// skipped, or fail where CI is set.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

const patience = 30 * time.Second // with one step of a page, on a busy machine

// shared is the one browser of a test binary. It ends with the process, however that ends.
var shared = sync.OnceValues(start)

func start() (context.Context, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // root has none, and the pages are ours
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Env("TZ=Europe/Zurich", "LANG=C.UTF-8"),
	)
	alloc, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(alloc, chromedp.WithErrorf(discard))
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return ctx, nil
}

// discard takes what chromedp says of events that it does not know.
func discard(string, ...any) {}

var errNone = errors.New("chromium is not installed")

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNone
}

// Path returns where Chromium is. Without it the test is skipped, or fails where CI is set.
func Path(t testing.TB) string {
	t.Helper()
	path, err := find()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is needed in CI:", err)
		}
		t.Skip("without chromium:", err)
	}
	return path
}

// Options are what a Tab can do without. The zero Options are a desktop in light colours.
type Options struct {
	Dark      bool
	Phone     bool // 390 pixels wide
	Narrow    bool // 360 pixels wide
	NoScripts bool
	Lenient   bool   // with certificates: any is accepted
	Zone      string // of time; "": Europe/Zurich
}

// A Tab is a page of a browser with cookies of its own. Each step waits until it is done, and ends the test if it fails;
// so does, at the end, an error that the page's console shows, such as a breach of its Content-Security-Policy. A Tab is
// for one goroutine.
type Tab struct {
	t             testing.TB
	ctx           context.Context
	width, height int64
	axe           bool // is in every document

	mu     sync.Mutex
	faults []string
	status map[string]int64 // of documents
	bytes  map[network.RequestID]int64
}

// New opens a tab, which closes with the test.
func New(t testing.TB, opts Options) *Tab {
	t.Helper()
	Path(t)
	root, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx, width: 1280, height: 860, status: map[string]int64{}, bytes: map[network.RequestID]int64{}}
	scheme, phone := "light", false
	if opts.Dark {
		scheme = "dark"
	}
	if opts.Phone || opts.Narrow {
		phone, tab.width, tab.height = true, 390, 844
		if opts.Narrow {
			tab.width = 360
		}
	}
	if err := chromedp.Do(ctx); err != nil { // with a deadline, the tab would end with it
		t.Fatal("opening a tab:", err)
	}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal("opening a tab:", err)
	}
	tell(tab, network.Enable, network.EnableParams{})
	tell(tab, log.Enable, cdp.Empty{})
	tell(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	tell(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: tab.width, Height: tab.height, DeviceScaleFactor: 1, Mobile: phone})
	tell(tab, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en-GB"})
	if opts.Zone != "" {
		tell(tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: opts.Zone})
	}
	if opts.Lenient {
		tell(tab, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
	}
	tell(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: opts.NoScripts})
	t.Cleanup(func() {
		for _, f := range tab.Faults() {
			t.Errorf("the page's console: %s", f)
		}
		cancel()
	})
	return tab
}

// hear keeps what the page says of itself.
func (b *Tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		// That a document was refused is the test's business.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			b.faults = append(b.faults, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, fmt.Sprint(e.ExceptionDetails))
	case *page.EventJavascriptDialogOpening:
		b.faults = append(b.faults, "a dialog opened: "+e.Message) // which the tab waits for, in vain
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			b.status[e.Response.URL] = e.Response.Status
		}
	case *network.EventLoadingFinished:
		b.bytes[e.RequestID] = int64(e.EncodedDataLength)
	}
}

// Faults returns the errors that the page's console showed since the last Faults, and forgets them.
func (b *Tab) Faults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.faults
	b.faults = nil
	return f
}

// Loaded returns how many bytes came over the network since the last Loaded, and forgets them.
func (b *Tab) Loaded() (sum int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.bytes {
		sum += n
	}
	clear(b.bytes)
	return sum
}

// tell calls a method of the protocol.
func tell[P, R any](b *Tab, method cdp.Command[P, R], params P) (result R) {
	b.t.Helper()
	return get(b, method.Method, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, method, params) })
}

// get takes a step of the page, and ends the test if it fails.
func get[T any](b *Tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		again, cancel := context.WithTimeout(b.ctx, time.Second)
		defer cancel()
		where, _ := chromedp.Run(again, chromedp.Location())
		text, _ := chromedp.Run(again, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v\nat %s:\n%s", what, err, where, text)
	}
	return result
}

// Open loads a page and returns the status of its answer, after redirects.
func (b *Tab) Open(url string) int {
	b.t.Helper()
	get(b, "opening "+url, chromedp.Navigate(url))
	return b.Status()
}

// Status returns the status of the answer that the page is.
func (b *Tab) Status() int {
	b.t.Helper()
	url := b.URL()
	url, _, _ = strings.Cut(url, "#")
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.status[url])
}

// See waits until the selector finds an element that can be seen, and returns its text.
func (b *Tab) See(selector string) string {
	b.t.Helper()
	get(b, "looking for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
	return get(b, "reading "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// SeeText waits until the page shows a text.
func (b *Tab) SeeText(text string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !strings.Contains(b.Text(), text) {
		if time.Now().After(deadline) {
			b.t.Fatalf("the page does not show %q but\n%s", text, b.Text())
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-b.ctx.Done():
			b.t.Fatal(b.ctx.Err())
		}
	}
}

// Text returns all text that the page shows.
func (b *Tab) Text() string {
	b.t.Helper()
	for {
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
		switch {
		case err == nil:
			return text
		case b.ctx.Err() != nil || !strings.Contains(err.Error(), "target navigated"): // nothing can be read of a page that is being left
			b.t.Fatalf("reading the page: %v", err)
		}
	}
}

// URL returns the page's address.
func (b *Tab) URL() string {
	b.t.Helper()
	return get(b, "reading the address", chromedp.Location())
}

// Eval runs a script on the page, as DevTools do, whatever the page's policy is, and returns its result.
func Eval[T any](b *Tab, script string) T {
	b.t.Helper()
	return get(b, "running a script", chromedp.Evaluate[T](script))
}

// SetCookie sets a cookie of the page at url.
func (b *Tab) SetCookie(url, name, value string) {
	b.t.Helper()
	tell(b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url, HTTPOnly: new(true)})
}

// Cookies returns the cookies of the page by their names.
func (b *Tab) Cookies() map[string]string {
	b.t.Helper()
	found := map[string]string{}
	for _, c := range tell(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		found[c.Name] = c.Value
	}
	return found
}
