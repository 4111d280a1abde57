package providertest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// partRefused refuses what the athlete gave no access to: all else comes.
func partRefused(b *bench) {
	b.connect()
	b.fake.Fault(func(r *http.Request) http.HandlerFunc {
		if strings.HasPrefix(r.URL.Path, b.fake.Dialect.Optional) {
			return b.fake.Refuse(http.StatusForbidden, 0)
		}
		return nil
	})
	b.sync(b.servers[0])
	all, err := b.servers[0].Statuses(b.Context(), b.user)
	if err != nil || len(all) != 1 {
		b.Fatalf("%+v, %v", all, err)
	}
	if c := all[0].Connection; c.Sync.Problem != "" || len(c.Sync.Refused) != 1 || !all[0].History || all[0].Counts.Kept != sampleActivities || b.missing() == "" {
		b.Errorf("without a part: %+v, %+v", all[0], c)
	}
	b.fake.Fault(nil) // the athlete gives access
	b.due()
	b.sync(b.servers[1])
	b.complete()
	if c := b.connection(); len(c.Sync.Refused) > 0 {
		b.Errorf("with all parts: %+v", c.Sync)
	}
}

// weighs changes the weight of the profile, which has no date: a value comes when it changes, and not each day.
func weighs(b *bench) {
	b.connect()
	weights := func() []float64 {
		values, err := b.stores[0].Wellness(b.Context(), b.user, pierre.WellnessQuery{Kinds: []pierre.WellnessKind{pierre.WellnessWeight}})
		if err != nil {
			b.Fatal(err)
		}
		var all []float64
		for _, v := range values {
			all = append(all, v.Value)
		}
		return all
	}
	b.sync(b.servers[0])
	if got := weights(); len(got) > 0 {
		b.Errorf("no weight: %v", got)
	}
	for n, want := range [][]float64{{70}, {70}, {70, 71.5}} {
		b.fake.Weigh(want[len(want)-1])
		b.clock.Advance(25 * time.Hour)
		b.sync(b.servers[n%2])
		if got := weights(); !slices.Equal(got, want) {
			b.Errorf("weights %v, want %v", got, want)
		}
	}
}

// proves answers by which word the service asks whether the address is ours.
func (b *bench) proves() {
	b.Helper()
	for word, want := range map[string]int{HookSecret: http.StatusOK, "another-word": http.StatusUnauthorized, "": http.StatusUnauthorized} {
		r, body := b.fake.Dialect.Proof(word)
		w := httptest.NewRecorder()
		r.URL.Host = ""
		b.servers[1].pages.ServeHTTP(w, r)
		if w.Code != want || want == http.StatusOK && strings.TrimSpace(w.Body.String()) != body {
			b.Errorf("with the word %q: %d %s", word, w.Code, w.Body)
		}
	}
}

// subscribes asks to be called at an address with a secret. Where that is refused the account is connected all the same.
func subscribes(b *bench) {
	b.connect()
	var want []string
	for _, kind := range b.fake.Dialect.Subscribes {
		want = append(want, kind+" "+b.servers[0].url+"/hooks/"+string(b.fake.Dialect.Name)+"/"+HookSecret)
	}
	if got := b.fake.Subscribed(); !slices.Equal(got, want) {
		b.Errorf("subscribed %q, want %q", got, want)
	}
	b.fake.Fault(func(r *http.Request) http.HandlerFunc {
		if strings.HasPrefix(r.URL.Path, "/notify") {
			return b.fake.Refuse(http.StatusForbidden, 0)
		}
		return nil
	})
	if status, page := b.visitor().post(b.invite(b.servers[0]), b.consent("allow")); status != http.StatusOK {
		b.Errorf("connecting again: %d %s", status, page)
	}
	b.sync(b.servers[1])
	b.complete()
}

// Subscribed returns the kinds of data for which it is to call, and the addresses, in order.
func (f *Fake) Subscribed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.subscribed))
}
