package providertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// killed kills a server at every step, from which another one goes on.
func killed(b *bench) {
	b.connect()
	first := b.server(b.stores[0])
	first.store.steps.Store(0)
	b.sync(first)
	b.complete()
	steps := first.store.steps.Load()
	if steps < 10 {
		b.Fatalf("there are %d steps", steps)
	}
	for at := int64(1); at <= steps; at += stride(steps) {
		if !b.Run(fmt.Sprint(at), func(t *testing.T) {
			killedAt(newBench(t, b.fake.Dialect, b.stores, b.clock, sampleActivities-1, 1), at)
		}) {
			return
		}
	}
}

// stride bounds how many of the steps are tried: each kind of step, the changes and the requests, comes many times.
func stride(steps int64) int64 { return 1 + steps/30 }

func killedAt(b *bench, at int64) {
	b.connect()
	dying := b.server(b.stores[0])
	dying.store.killAt.Store(at)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	_ = dying.SyncDue(ctx) // it is dead
	b.clock.Advance(5 * time.Minute)
	b.until(3)
}

func revokedThere(b *bench) {
	b.connect()
	b.sync(b.servers[0])
	b.fake.Revoke()
	b.due()
	b.sync(b.servers[1])
	if c := b.connection(); c.Status != pierre.ConnectionBroken || !strings.Contains(c.Sync.Problem, "connect_provider") {
		b.Errorf("the connection is %+v", c)
	}
	before := b.fake.Requests()
	b.clock.Advance(48 * time.Hour)
	b.sync(b.servers[0])
	if b.fake.Requests() != before {
		b.Error("it asks although the athlete ended the access")
	}
	if b.fake.Dialect.Key != "" {
		return // a key that was ended does not come back
	}
	b.connect()
	b.sync(b.servers[0])
	b.complete()
}

func disconnects(b *bench) {
	b.connect()
	b.sync(b.servers[0])
	count := b.count()
	b.clock.Advance(tokenLife + time.Hour) // the tokens are old
	text, err := b.servers[1].Disconnect(b.Context(), b.user, b.fake.Dialect.Name)
	if err != nil {
		b.Fatal(err)
	}
	if b.fake.Revoked() != b.fake.Dialect.Tells || b.fake.Dialect.Tells != strings.Contains(text, "was told, too") {
		b.Errorf("the service was told: %v; %s", b.fake.Revoked(), text)
	}
	if _, err := b.stores[0].Connection(b.Context(), b.user, b.fake.Dialect.Name); pierre.KindOf(err) != pierre.KindNotFound {
		b.Errorf("the connection is there: %v", err)
	}
	if b.fake.Row().KeepFor > 0 {
		count = 0
	}
	if b.count() != count {
		b.Errorf("%d activities, want %d", b.count(), count)
	}
	if _, err := b.servers[0].Disconnect(b.Context(), b.user, b.fake.Dialect.Name); pierre.KindOf(err) != pierre.KindNotFound {
		b.Errorf("again: %v", err)
	}
}

// What the provider forbids to keep goes, also if the disconnection was interrupted; other athletes keep theirs.
func forgets(b *bench) {
	connected := b.user
	b.connect()
	b.sync(b.servers[0])
	other, err := b.stores[0].EnsureAthlete(b.Context(), b.user, "runner", 10, b.clock.Now())
	if err != nil {
		b.Fatal(err)
	}
	b.user = other
	if status, page := b.visitor().post(b.invite(b.servers[0]), b.consent("allow")); status != http.StatusOK {
		b.Fatalf("%d %s", status, page)
	}
	b.sync(b.servers[0])
	b.complete()
	b.servers[1].store.failed.Store(1)
	text, err := b.servers[1].Disconnect(b.Context(), b.user, b.fake.Dialect.Name)
	if err != nil || !strings.Contains(text, "within hours") {
		b.Fatalf("%q, %v", text, err)
	}
	if b.count() == 0 {
		b.Fatal("the disconnection was not interrupted")
	}
	b.clock.Advance(time.Second)
	if err := b.servers[0].Forget(b.Context()); err != nil {
		b.Fatal(err)
	}
	if n := b.count(); n != 0 {
		b.Errorf("%d activities are left", n)
	}
	b.user = connected
	b.complete()
	b.clock.Advance(b.fake.Row().KeepFor + time.Minute)
	if err := b.servers[0].Forget(b.Context()); err != nil {
		b.Fatal(err)
	}
	if n := b.count(); n != 0 {
		b.Errorf("%d activities are kept too long", n)
	}
}

func deletesUser(b *bench) {
	act := pierre.Act{Person: "ana@example.com", At: b.clock.Now()}
	u, err := b.stores[0].EnsureAthlete(b.Context(), b.user, pierre.AthleteName("runner"), 10, b.clock.Now())
	if err != nil {
		b.Fatal(err)
	}
	customer := b.user
	b.user = u
	defer func() { b.user = customer }()
	link := b.invite(b.servers[0])
	if status, page := b.visitor().post(link, b.consent("allow")); status != http.StatusOK {
		b.Fatalf("%d %s", status, page)
	}
	b.sync(b.servers[0])
	b.complete()
	b.invite(b.servers[0])
	b.clock.Advance(tokenLife + time.Hour) // the tokens are old
	b.servers[1].LeaveAll(b.Context(), customer)
	if b.fake.Revoked() != b.fake.Dialect.Tells {
		b.Errorf("the service was told: %v", b.fake.Revoked())
	}
	if _, err := b.stores[0].DeleteAthlete(b.Context(), act, customer, "runner"); err != nil {
		b.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	b.sync(b.servers[0])
	values, err := b.stores[0].Wellness(b.Context(), u, pierre.WellnessQuery{})
	connections, err2 := b.stores[0].Connections(b.Context(), u)
	items, err3 := b.stores[0].FetchedItems(b.Context(), u, b.fake.Dialect.Name, []string{"900001"})
	if len(values) > 0 || len(connections) > 0 || len(items) > 0 || err != nil || err2 != nil || err3 != nil {
		b.Errorf("%d values, %d connections and %d items are left; %v %v %v", len(values), len(connections), len(items), err, err2, err3)
	}
}

// guessesKeys tries many keys, one after another and at once: few of them reach the service.
func guessesKeys(b *bench) {
	link := b.invite(b.servers[0])
	before := b.fake.Requests()
	const tries = 10
	for n := range tries + 2 {
		want := http.StatusForbidden
		if n >= tries-1 { // the link ends with the last one
			want = http.StatusNotFound
		}
		if status, page := b.visitor().post(strings.Replace(link, b.servers[0].url, b.servers[n%2].url, 1), b.consent("deny")); status != want {
			b.Fatalf("try %d: %d %s", n+1, status, page)
		}
	}
	if status, _ := b.visitor().post(link, b.consent("allow")); status != http.StatusNotFound {
		b.Errorf("the right key after all tries: %d", status)
	}
	if n := b.fake.Requests() - before; n != tries {
		b.Errorf("%d keys reached the service, want %d", n, tries)
	}
	entered, release := make(chan struct{}, tries), make(chan struct{})
	b.fake.Fault(func(r *http.Request) http.HandlerFunc {
		entered <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return nil
	})
	token := path.Base(b.invite(b.servers[0]))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := b.servers[0].CompleteKey(b.Context(), token, "a-wrong-key"); pierre.KindOf(err) != pierre.KindDenied {
				b.Errorf("a wrong key: %v", err)
			}
		})
	}
	for range 4 {
		<-entered
	}
	if _, err := b.servers[0].CompleteKey(b.Context(), token, b.fake.Dialect.Key); pierre.KindOf(err) != pierre.KindUnavailable {
		b.Errorf("one more at once: %v", err)
	}
	close(release)
	wg.Wait()
}

// calls makes a connection due by a genuine call, and by no other.
func calls(b *bench) {
	b.connect()
	b.sync(b.servers[0])
	b.fake.Add(Activity{ID: "900100", Name: "Newest", Start: b.clock.Now().Add(-2 * time.Hour).Truncate(time.Second)})
	send := func(r *http.Request) int {
		w := httptest.NewRecorder()
		r.URL.Host = ""
		b.servers[1].pages.ServeHTTP(w, r)
		return w.Code
	}
	forged := b.fake.App()
	forged.ClientSecret, forged.WebhookSecret = forgedSecret(), forgedSecret()
	if code := send(b.fake.Dialect.Call(b.fake, forged)); code/100 != 4 {
		b.Errorf("a forged call is answered %d", code)
	}
	if b.fake.Dialect.Proof != nil {
		b.proves()
	}
	if b.fake.Dialect.Ping != nil {
		if code := send(b.fake.Dialect.Ping()); code != http.StatusOK {
			b.Errorf("the call before the webhook is made is answered %d", code)
		}
	}
	b.sync(b.servers[0])
	if b.missing() == "" {
		b.Error("a forged call was believed")
	}
	for range 2 {
		if code := send(b.fake.Dialect.Call(b.fake, b.fake.App())); code != http.StatusOK {
			b.Errorf("a call is answered %d", code)
		}
	}
	b.clock.Advance(time.Second)
	b.sync(b.servers[0])
	b.complete()
}
