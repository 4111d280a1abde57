package access_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pierre-mcp/pierre/internal/access"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// A gatedStore is the real store whose lookups are counted and can be held up after they have read.
type gatedStore struct {
	*store.Store

	lookups atomic.Int64
	broken  bool          // lookups fail
	read    chan struct{} // gets one value for each lookup that has read; nil: none
	proceed chan struct{} // gives one value to each lookup that may return
}

func (g *gatedStore) APIKeyByHash(ctx context.Context, hash [32]byte) (pierre.APIKey, error) {
	g.lookups.Add(1)
	if g.broken {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	k, err := g.Store.APIKeyByHash(ctx, hash)
	if g.read != nil {
		g.read <- struct{}{}
		<-g.proceed
	}
	return k, err
}

// A bench has a store with one key, and a clock.
type bench struct {
	*gatedStore

	v    *access.Verifier
	key  pierre.APIKey
	text string
	now  atomic.Pointer[time.Time]
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{gatedStore: &gatedStore{Store: storetest.New(t)}}
	b.now.Store(&start)
	b.v = access.NewVerifier(b.gatedStore, func() time.Time { return *b.now.Load() })
	key := access.GenerateKey(pierre.ModeLive)
	b.text = key.Reveal()
	b.key = pierre.APIKey{
		ID: pierre.NewKeyID(), Email: "ana@example.com", Tier: pierre.TierProfessional, Hash: key.Hash(),
		Prefix: key.Prefix(), Last4: key.Last4(), Rules: pierre.Rules{Limit: pierre.Limit{Requests: 100, Period: pierre.PeriodDay}, Tools: []string{"get_*"}},
	}
	_, _, err := b.ProvisionAPIKey(t.Context(), b.act(), b.key, func(k pierre.APIKey) ([]byte, error) { b.key = k; return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) act() pierre.Act { return pierre.Act{Person: "test", At: *b.now.Load()} }

func (b *bench) pass(d time.Duration) { b.now.Store(new(b.now.Load().Add(d))) }

func (b *bench) verify(t testing.TB) error {
	_, err := b.v.Verify(t.Context(), b.text)
	return err
}

func (b *bench) update(t *testing.T, change func(*pierre.APIKey)) {
	t.Helper()
	if _, err := b.UpdateAPIKey(t.Context(), b.act(), b.key.ID, func(k *pierre.APIKey) error { change(k); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyNamesTheHolder(t *testing.T) {
	b := newBench(t)
	for range 3 {
		p, err := b.v.Verify(t.Context(), b.text)
		if err != nil {
			t.Fatal(err)
		}
		want := access.Principal{
			UserID: b.key.UserID, Customer: b.key.UserID, KeyID: b.key.ID, Type: pierre.KeyPersonal, Tier: b.key.Tier, Quota: b.key.Family,
			Limits: pierre.Limits{Quota: b.key.Limit}, Tools: b.key.Tools,
		}
		if fmt.Sprint(p) != fmt.Sprint(access.Verified(want)) || p.UserID == "" {
			t.Errorf("Verify = %+v, want %+v", p, want)
		}
	}
	if n := b.lookups.Load(); n != 1 {
		t.Errorf("%d lookups, want 1", n)
	}
}

func TestTypoIsRefusedWithoutLookup(t *testing.T) {
	b := newBench(t)
	typo := []byte(b.text)
	typo[20] ^= 1
	_, err := b.v.Verify(t.Context(), string(typo))
	refused(t, err, "mistyped")
	if n := b.lookups.Load(); n != 0 {
		t.Errorf("%d lookups, want none", n)
	}
}

func TestUnknownKeyIsRememberedForSeconds(t *testing.T) {
	b := newBench(t)
	unknown := access.GenerateKey(pierre.ModeLive).Reveal()
	for i, want := range []int64{1, 1, 2} {
		_, err := b.v.Verify(t.Context(), unknown)
		refused(t, err, "does not know")
		if n := b.lookups.Load(); n != want {
			t.Errorf("after request %d: %d lookups, want %d", i+1, n, want)
		}
		b.pass(3 * time.Second)
	}
}

// Another process's change bites within ten seconds, this one's at once.
func TestChangesBite(t *testing.T) {
	b := newBench(t)
	if err := b.verify(t); err != nil {
		t.Fatal(err)
	}
	b.update(t, func(k *pierre.APIKey) { k.Limit = pierre.Limit{Requests: 7, Period: pierre.PeriodHour} })
	b.pass(10*time.Second - time.Nanosecond)
	if p, err := b.v.Verify(t.Context(), b.text); err != nil || p.Limits.Quota != b.key.Limit {
		t.Errorf("Verify just before the ten seconds = %v, %v; want the cached limit", p.Limits.Quota, err)
	}
	b.pass(time.Nanosecond)
	if p, err := b.v.Verify(t.Context(), b.text); err != nil || p.Limits.Quota.Requests != 7 {
		t.Errorf("Verify after ten seconds = %v, %v; want the new limit", p.Limits.Quota, err)
	}
	if _, err := b.RevokeAPIKey(t.Context(), b.act(), b.key.ID); err != nil {
		t.Fatal(err)
	}
	b.v.Changed(b.key.ID)
	refused(t, b.verify(t), "revoked on 1 March 2026")
}

// What ends by itself ends on time although the key is cached.
func TestTimeIsComparedAtUse(t *testing.T) {
	const soon = 5 * time.Second
	tests := []struct {
		name   string
		change func(*pierre.APIKey)
		want   string
	}{
		{"expiry", func(k *pierre.APIKey) { k.Expires = start.Add(soon) }, "expired on 1 March 2026"},
		{"rotation with grace", func(k *pierre.APIKey) { k.Replace(k.ID, soon, start) }, "replaced by a newer one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.update(t, tt.change)
			b.pass(soon - time.Microsecond)
			if err := b.verify(t); err != nil {
				t.Errorf("just before: %v", err)
			}
			b.pass(time.Microsecond)
			refused(t, b.verify(t), tt.want)
			if n := b.lookups.Load(); n != 1 {
				t.Errorf("%d lookups, want 1: the cached key must know its end", n)
			}
		})
	}
}

// Revocation is a state: neither a clock that is behind the one that revoked the key, nor one that is set back, undoes it.
func TestRevokedKeyStaysRevokedWhateverTheClockSays(t *testing.T) {
	b := newBench(t)
	b.pass(time.Hour)
	if err := b.verify(t); err != nil {
		t.Fatal(err)
	}
	if _, err := b.RevokeAPIKey(t.Context(), pierre.Act{Person: "test", At: start.Add(time.Hour + 20*time.Second)}, b.key.ID); err != nil {
		t.Fatal(err)
	}
	b.v.Revoked(b.key.ID)
	for _, move := range []time.Duration{0, 20 * time.Second, -24 * time.Hour} {
		b.pass(move)
		refused(t, b.verify(t), "revoked on 1 March 2026")
	}
	page, err := b.APIKeys(t.Context(), pierre.KeyQuery{ActiveAt: start, Limit: 10})
	if err != nil || len(page.Keys) != 0 {
		t.Errorf("active keys before the revocation by this clock: %v, %v; want none", page.Keys, err)
	}
}

// A lookup that has read the old row, and is slow to come back, must not bring the key back to life.
func TestLookupFromBeforeForgetIsNotUsedAfterIt(t *testing.T) {
	b := newBench(t)
	b.read, b.proceed = make(chan struct{}), make(chan struct{})
	before := make(chan error, 1)
	go func() { before <- b.verify(t) }()
	<-b.read // it has read the valid row
	if _, err := b.RevokeAPIKey(t.Context(), b.act(), b.key.ID); err != nil {
		t.Fatal(err)
	}
	b.v.Changed(b.key.ID)
	after := make(chan error, 1)
	go func() { after <- b.verify(t) }()
	<-b.read // it did not join the first lookup
	b.proceed <- struct{}{}
	b.proceed <- struct{}{}
	refused(t, <-after, "revoked")
	<-before // it began before the revocation: either answer is right
	b.read = nil
	refused(t, b.verify(t), "revoked")
}

// Many callers with a key that is not cached share one lookup, and the end of one is not the end of the others.
func TestCallersShareLookup(t *testing.T) {
	b := newBench(t)
	b.read, b.proceed = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := b.v.Verify(ctx, b.text)
		first <- err
	}()
	<-b.read
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that went away got %v", err)
	}
	var wg sync.WaitGroup
	started := make(chan struct{}, 50)
	for range 50 {
		wg.Go(func() {
			started <- struct{}{}
			if err := b.verify(t); err != nil {
				t.Error(err)
			}
		})
	}
	for range 50 {
		<-started
	}
	b.proceed <- struct{}{}
	wg.Wait()
	if n := b.lookups.Load(); n != 1 {
		t.Errorf("%d lookups for 51 callers, want 1", n)
	}
}

// A caller that looks when the key is not remembered yet, and asks when the lookup has ended, gets what it found.
func TestLookupsOneAfterAnotherAreOne(t *testing.T) {
	b := newBench(t)
	for i := range int64(50) {
		v := access.NewVerifier(b.gatedStore, time.Now)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), b.text); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := b.lookups.Load(); n != i+1 {
			t.Fatalf("%d lookups for 8 callers, want 1", n-i)
		}
	}
}

// A slowStore answers when its caller has given up.
type slowStore struct{ *store.Store }

func (slowStore) APIKeyByHash(ctx context.Context, _ [32]byte) (pierre.APIKey, error) {
	<-ctx.Done()
	return pierre.APIKey{}, fmt.Errorf("reading: %w", ctx.Err())
}

func (slowStore) AdminToken(ctx context.Context, _ pierre.AdminTokenID) (pierre.AdminToken, error) {
	<-ctx.Done()
	return pierre.AdminToken{}, fmt.Errorf("reading: %w", ctx.Err())
}

// A database that is too slow is a reason to come back, not a fault of the server.
func TestSlowDatabaseIsUnavailable(t *testing.T) {
	s := storetest.New(t)
	token := sign(t, signingKey, keepToken(t, s, time.Time{}))
	key := access.GenerateKey(pierre.ModeLive).Reveal()
	synctest.Test(t, func(t *testing.T) {
		_, err := access.NewVerifier(slowStore{s}, time.Now).Verify(t.Context(), key)
		if pierre.KindOf(err) != pierre.KindUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Verify of a key = %v, want unavailable", err)
		}
		_, err = access.NewAdminVerifier(only{signingKey}, slowStore{s}, at(start)).Verify(t.Context(), token)
		if pierre.KindOf(err) != pierre.KindUnavailable {
			t.Errorf("Verify of an admin token = %v, want unavailable", err)
		}
	})
}

// An error of the store is not an unknown key, and is not remembered.
func TestStoreErrorIsNotRemembered(t *testing.T) {
	b := newBench(t)
	b.broken = true
	if err := b.verify(t); err == nil || pierre.KindOf(err) == pierre.KindUnauthenticated {
		t.Errorf("Verify with a broken database = %v, want an error that blames nobody's key", err)
	}
	b.broken = false
	if err := b.verify(t); err != nil {
		t.Errorf("Verify again = %v", err)
	}
}

// Revoking while calls come in: once Forget has returned, no call that begins later is let in.
func TestForgetUnderLoad(t *testing.T) {
	b := newBench(t)
	var revoked atomic.Bool
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				over := revoked.Load()
				if err := b.verify(t); over && err == nil {
					t.Error("a call that began after Forget was let in")
					return
				}
			}
		})
	}
	for range 20 {
		if err := b.verify(t); err != nil {
			t.Fatal(err)
		}
		b.v.Changed(b.key.ID) // lookups are on their way all the time
	}
	if _, err := b.RevokeAPIKey(t.Context(), b.act(), b.key.ID); err != nil {
		t.Fatal(err)
	}
	b.v.Changed(b.key.ID)
	revoked.Store(true)
	for range 1000 {
		refused(t, b.verify(t), "revoked")
	}
	close(stop)
	wg.Wait()
}

// A touches store counts how often last uses are written.
type touches struct {
	*gatedStore

	writes []map[pierre.KeyID]time.Time
}

func (s *touches) TouchAPIKeys(ctx context.Context, used map[pierre.KeyID]time.Time) error {
	s.writes = append(s.writes, used)
	return s.gatedStore.TouchAPIKeys(ctx, used)
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	b := newBench(t)
	s := &touches{gatedStore: b.gatedStore}
	synctest.Test(t, func(t *testing.T) {
		v := access.NewVerifier(s, time.Now)
		begin := time.Now()
		var last time.Time
		for time.Since(begin) < 5*time.Minute {
			if _, err := v.Verify(t.Context(), b.text); err != nil {
				t.Fatal(err)
			}
			last = time.Now()
			<-time.After(time.Second)
			if err := v.WriteUsed(t.Context()); err != nil { // as the background job does, and oftener
				t.Fatal(err)
			}
		}
		if n := len(s.writes); n < 4 || n > 6 {
			t.Errorf("%d writes in five minutes, want about one a minute", n)
		}
		k, err := b.APIKey(t.Context(), b.key.ID)
		if err != nil || last.Sub(k.LastUsed) > 75*time.Second || k.LastUsed.After(last) {
			t.Errorf("LastUsed = %v, %v; want within 75 s before %v", k.LastUsed, err, last)
		}
	})
}

func TestTheLastUseIsWritten(t *testing.T) {
	b := newBench(t)
	b.pass(time.Hour)
	if err := b.verify(t); err != nil {
		t.Fatal(err)
	}
	if err := b.v.WriteUsed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k, err := b.APIKey(t.Context(), b.key.ID); err != nil || !k.LastUsed.Equal(start.Add(time.Hour)) {
		t.Errorf("LastUsed = %v, %v; want %v", k.LastUsed, err, start.Add(time.Hour))
	}
}

func BenchmarkVerify(b *testing.B) {
	bed := newBench(b)
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := bed.verify(b); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached in parallel", func(b *testing.B) {
		b.ReportAllocs()
		ctx := b.Context()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := bed.v.Verify(ctx, bed.text); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("baseline: SHA-256 of a key", func(b *testing.B) {
		text := []byte(bed.text)
		for b.Loop() {
			sha256.Sum256(text)
		}
	})
	b.Run("looked up", func(b *testing.B) {
		for b.Loop() {
			bed.v.Changed(bed.key.ID)
			if err := bed.verify(b); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("typo", func(b *testing.B) {
		typo := []byte(bed.text)
		typo[20] ^= 1
		for b.Loop() {
			if _, err := bed.v.Verify(b.Context(), string(typo)); err == nil {
				b.Fatal("a mistyped key was let in")
			}
		}
	})
}
