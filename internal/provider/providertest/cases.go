package providertest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A Case is what must hold for every service. Where it has no meaning for a dialect, applies says so.
type Case struct {
	Name    string
	applies func(d Dialect) bool
	run     func(b *bench)
}

// Cases returns the cases.
func Cases() []Case {
	oauth := func(d Dialect) bool { return d.Key == "" }
	expires := func(d Dialect) bool { return d.Expires }
	return []Case{
		{"connect", nil, connects},
		{"refuse", nil, refuses},
		{"another browser", oauth, anotherBrowser},
		{"link once", nil, linkOnce},
		{"guess keys", func(d Dialect) bool { return d.Key != "" }, guessesKeys},
		{"expire", expires, expiresAndRotates},
		{"refresh of two", expires, refreshOfTwo},
		{"busy database", expires, busyDatabase},
		{"wrong client", expires, wrongClient},
		{"401", nil, unauthorized},
		{"403", nil, forbidden},
		{"subscribe", func(d Dialect) bool { return d.Subscribes != nil }, subscribes},
		{"part refused", func(d Dialect) bool { return d.Optional != "" }, partRefused},
		{"profile", func(d Dialect) bool { return d.Profile }, weighs},
		{"429", nil, limited},
		{"503", nil, outOfOrder},
		{"odd pages", nil, oddPages},
		{"cut off", nil, cutOff},
		{"slow", nil, slow},
		{"kill", nil, killed},
		{"revoke there", nil, revokedThere},
		{"disconnect", nil, disconnects},
		{"forget", func(d Dialect) bool { return (&Fake{Dialect: d}).Row().KeepFor > 0 }, forgets},
		{"delete user", nil, deletesUser},
		{"webhook", func(d Dialect) bool { return d.Call != nil }, calls},
	}
}

// Outcomes are what became of the cases, for a table.
type Outcomes struct {
	mu   sync.Mutex
	rows map[string]map[string]string
}

// Run runs every case over every dialect on SQLite. What the dialects differ in is HTTP and what is kept of it: on PostgreSQL
// every dialect connects and fetches, and every other case runs once, of one dialect after the other.
func Run(t *testing.T, out *Outcomes) {
	out.rows = map[string]map[string]string{}
	for _, d := range Dialects() {
		t.Run(d.String(), func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) { out.run(t, d, Cases(), "sqlite") })
			t.Run("postgres", func(t *testing.T) { out.run(t, d, share(d), "postgres") })
		})
	}
}

// share returns the cases that a dialect has on PostgreSQL.
func share(d Dialect) (mine []Case) {
	for n, c := range Cases() {
		var all []string
		for _, other := range Dialects() {
			if c.applies == nil || c.applies(other) {
				all = append(all, other.String())
			}
		}
		if n == 0 || all[n%len(all)] == d.String() {
			mine = append(mine, c)
		}
	}
	return mine
}

func (o *Outcomes) run(t *testing.T, d Dialect, cases []Case, kind string) {
	t.Parallel()
	replicas, clock := storetest.ReplicasOn(t, kind), &Clock{} // pauses of providers outlast a case
	for _, c := range cases {
		if c.applies != nil && !c.applies(d) {
			o.note(d, c, "–")
			continue
		}
		ok := t.Run(strings.ReplaceAll(c.Name, " ", "_"), func(t *testing.T) {
			c.run(newBench(t, d, replicas, clock, sampleActivities, sampleDays))
		})
		o.note(d, c, map[bool]string{true: "ok", false: "FAIL"}[ok])
	}
}

const (
	sampleActivities = 4
	sampleDays       = 3
)

func (o *Outcomes) note(d Dialect, c Case, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	row := o.rows[d.String()]
	if row == nil {
		row = map[string]string{}
		o.rows[d.String()] = row
	}
	if row[c.Name] != "FAIL" {
		row[c.Name] = text
	}
}

// Table returns a row for each dialect and a column for each case.
func (o *Outcomes) Table() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var b strings.Builder
	b.WriteString("| provider |")
	for _, c := range Cases() {
		b.WriteString(" " + c.Name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Cases())))
	for _, d := range Dialects() {
		b.WriteString("\n| " + d.String() + " |")
		for _, c := range Cases() {
			b.WriteString(" " + o.rows[d.String()][c.Name] + " |")
		}
	}
	return b.String()
}

func connects(b *bench) {
	b.connect()
	b.sync(b.servers[0])
	b.complete()
	c := b.connection()
	if c.Account != Account || c.Sync.Synced.IsZero() || c.Sync.Problem != "" {
		b.Errorf("the connection is %+v", c)
	}
	page := b.count()
	b.fake.Add(Activity{ID: "900100", Name: "Newest", Start: b.clock.Now().Add(-2 * time.Hour).Truncate(time.Second)})
	b.due()
	b.sync(b.servers[1])
	b.complete()
	if b.count() == page {
		b.Error("what is new did not come")
	}
	all, err := b.servers[0].Statuses(b.Context(), b.user)
	if err != nil || len(all) != 1 || all[0].Counts.Kept != sampleActivities+1 || !all[0].History {
		b.Errorf("%+v, %v", all, err)
	}
	v := b.visitor()
	if _, text := v.get(b.invite(b.servers[0])); !strings.Contains(text, "already connected") {
		b.Error("the page does not say that it is connected")
	}
}

func (b *bench) count() int {
	page, err := b.stores[0].Activities(b.Context(), b.user, pierre.ActivityQuery{})
	if err != nil {
		b.Fatal(err)
	}
	return page.Total
}

func refuses(b *bench) {
	link := b.invite(b.servers[0])
	status, page := b.visitor().post(link, b.consent("deny"))
	if status != http.StatusForbidden || !strings.Contains(page, "Nothing was connected") {
		b.Errorf("%d %s", status, page)
	}
	if _, err := b.stores[0].Connection(b.Context(), b.user, b.fake.Dialect.Name); pierre.KindOf(err) != pierre.KindNotFound {
		b.Errorf("a connection was kept: %v", err)
	}
}

// What one browser began, another cannot end: who gets an athlete to follow a link does not get the athlete's data.
func anotherBrowser(b *bench) {
	link := b.invite(b.servers[0])
	first := b.visitor()
	first.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.Contains(r.URL.Path, "/callback/") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	var back string
	first.http.Transport = noting{&back}
	first.post(link, b.consent("allow"))
	if back == "" {
		b.Fatal("the service sent nobody back")
	}
	if status, page := b.visitor().get(back); status != http.StatusForbidden || !strings.Contains(page, "not asked for by this browser") {
		b.Errorf("another browser: %d %s", status, page)
	}
	first.http.CheckRedirect = nil
	if status, page := first.get(back); status != http.StatusOK {
		b.Errorf("the browser itself: %d %s", status, page)
	}
	if status, _ := first.get(back); status == http.StatusOK {
		b.Error("an answer is taken twice")
	}
}

// noting notes where the service sends browsers back to.
type noting struct{ back *string }

// RoundTrip implements [http.RoundTripper].
func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // the client has a timeout
	if err == nil && strings.Contains(resp.Header.Get("Location"), "/callback/") {
		*n.back = resp.Header.Get("Location")
	}
	return resp, err
}

func linkOnce(b *bench) {
	link := b.invite(b.servers[1])
	b.connect()
	v := b.visitor()
	if status, page := v.post(link, b.consent("allow")); status != http.StatusOK || !strings.Contains(page, "goes on") {
		b.Errorf("connecting again: %d %s", status, page)
	}
	if status, page := v.get(link); status != http.StatusNotFound || !strings.Contains(page, "expired or was used") {
		b.Errorf("a link that was used: %d %s", status, page)
	}
	late := b.invite(b.servers[0])
	b.clock.Advance(16 * time.Minute)
	if status, page := v.get(late); status != http.StatusNotFound || !strings.Contains(page, "expired or was used") {
		b.Errorf("a link that has expired: %d %s", status, page)
	}
	if status, _ := v.post(late, b.consent("allow")); status != http.StatusNotFound {
		b.Errorf("a link that has expired is taken: %d", status)
	}
}

func expiresAndRotates(b *bench) {
	b.connect()
	for range 3 {
		b.clock.Advance(tokenLife + time.Hour)
		b.sync(b.servers[0])
	}
	b.complete()
	if times, again := b.fake.Refreshed(); times != 3 || again != 0 {
		b.Errorf("renewed %d times, %d times with a token that was used", times, again)
	}
}

// Of many that need new tokens at once, on two servers, one gets them.
func refreshOfTwo(b *bench) {
	b.connect()
	b.clock.Advance(tokenLife + time.Hour)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			c, err := b.servers[n%2].Client(b.Context(), b.user, b.fake.Dialect.Name)
			if err == nil {
				err = c.Ready(b.Context())
			}
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	if times, again := b.fake.Refreshed(); times != 1 || again != 0 {
		b.Errorf("renewed %d times, %d times with a token that was used", times, again)
	}
	b.sync(b.servers[1])
	b.complete()
}

// New tokens come once: a database that is busy for a moment must not lose them.
func busyDatabase(b *bench) {
	b.connect()
	b.clock.Advance(tokenLife + time.Hour)
	b.servers[0].store.failed.Store(3)
	b.sync(b.servers[0])
	b.complete()
	if times, again := b.fake.Refreshed(); times != 1 || again != 0 {
		b.Errorf("renewed %d times, %d times with a token that was used", times, again)
	}
}

// A wrong client secret is the operator's to mend, and ends nobody's connection.
func wrongClient(b *bench) {
	b.connect()
	b.clock.Advance(tokenLife + time.Hour)
	b.fake.Unregister(true)
	for range 3 {
		b.sync(b.servers[0])
		if c := b.connection(); c.Status != pierre.ConnectionActive || !strings.Contains(c.Sync.Problem, "tell this server's operator") || !c.Due.After(b.clock.Now()) {
			b.Fatalf("the connection is %+v", c)
		}
		b.due()
	}
	b.fake.Unregister(false)
	b.until(2)
}

func unauthorized(b *bench) {
	b.connect()
	if b.fake.Dialect.Expires {
		b.fake.EndAccess()
		b.sync(b.servers[0])
		b.complete()
		if times, again := b.fake.Refreshed(); times != 1 || again != 0 {
			b.Errorf("renewed %d times, %d again", times, again)
		}
	}
	b.fake.Fault(func(*http.Request) http.HandlerFunc { return b.fake.Refuse(http.StatusUnauthorized, 0) })
	b.due()
	b.sync(b.servers[0])
	if c := b.connection(); c.Status != pierre.ConnectionBroken || !strings.Contains(c.Sync.Problem, "onnect it again") {
		b.Errorf("the connection is %+v", c)
	}
	b.fake.Fault(nil)
	b.connect()
	b.sync(b.servers[1])
	b.complete()
}

func answer(status int, header map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		write(w, status, map[string]any{"message": http.StatusText(status)})
	}
}

func forbidden(b *bench) {
	b.connect()
	b.fake.Fault(func(*http.Request) http.HandlerFunc { return b.fake.Refuse(http.StatusForbidden, 0) })
	b.sync(b.servers[0])
	if c := b.connection(); c.Status != pierre.ConnectionActive || !strings.Contains(c.Sync.Problem, "403") || c.Due.Sub(b.clock.Now()) < 23*time.Hour {
		b.Errorf("the connection is %+v", c)
	}
	b.fake.Fault(nil)
	b.due()
	b.sync(b.servers[1])
	b.complete()
}

// limited refuses every third request for a time that it says.
func limited(b *bench) {
	b.connect()
	var n, refused atomic.Int64
	var until atomic.Int64
	b.fake.Fault(func(*http.Request) http.HandlerFunc {
		if b.clock.Now().UnixNano() < until.Load() {
			b.Error("it asks before the time that it was told")
		}
		if n.Add(1)%3 != 0 {
			return nil
		}
		refused.Add(1)
		until.Store(b.clock.Now().Add(119 * time.Second).UnixNano())
		return b.fake.Refuse(http.StatusTooManyRequests, 2*time.Minute)
	})
	for range 40 {
		b.sync(b.servers[0])
		if problem := b.connection().Sync.Problem; problem != "" && !strings.Contains(problem, "asks to wait until") {
			b.Errorf("the problem is %q", problem)
		}
		if b.missing() == "" && b.connection().Sync.Problem == "" {
			break
		}
		b.due()
	}
	b.complete()
	if refused.Load() == 0 {
		b.Error("nothing was refused")
	}
}

// outOfOrder refuses everything for an hour, as services do that are being maintained. Nobody waits for that.
func outOfOrder(b *bench) {
	b.connect()
	var n atomic.Int64
	b.fake.Fault(func(*http.Request) http.HandlerFunc {
		n.Add(1)
		return b.fake.Refuse(http.StatusServiceUnavailable, time.Hour)
	})
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	if err := b.servers[0].SyncDue(ctx); err != nil {
		b.Fatal(err)
	}
	c := b.connection()
	if wait := c.Due.Sub(b.clock.Now()); n.Load() != 1 || wait < 50*time.Minute || wait > time.Hour || !strings.Contains(c.Sync.Problem, "asks to wait until") {
		b.Errorf("%d requests; the connection is %+v", n.Load(), c)
	}
	b.fake.Fault(nil)
	b.due()
	b.sync(b.servers[1])
	b.complete()
}

func oddPages(b *bench) {
	b.fake.Odd()
	b.connect()
	b.sync(b.servers[0])
	b.complete()
	b.due()
	b.sync(b.servers[0])
	b.complete()
}

// cutOff cuts off every fourth answer in the middle.
func cutOff(b *bench) {
	b.connect()
	var n, cut atomic.Int64
	b.fake.Fault(func(*http.Request) http.HandlerFunc {
		if n.Add(1)%4 != 2 {
			return nil
		}
		cut.Add(1)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, `[{"id":"9000`)
			panic(http.ErrAbortHandler) //nolint:forbidigo // this is how net/http breaks a connection
		}
	})
	b.until(60)
	if cut.Load() == 0 {
		b.Error("nothing was cut off")
	}
}

// until fetches turn by turn until all is there.
func (b *bench) until(turns int) {
	b.Helper()
	for range turns {
		b.sync(b.servers[0])
		if b.missing() == "" && b.connection().Sync.Problem == "" {
			break
		}
		b.due()
	}
	b.complete()
}

// slow answers once so late that nobody waits.
func slow(b *bench) {
	b.connect()
	release := make(chan struct{})
	var n atomic.Int64
	b.fake.Fault(func(*http.Request) http.HandlerFunc {
		if n.Add(1) != 2 {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	b.until(5)
	close(release)
}
