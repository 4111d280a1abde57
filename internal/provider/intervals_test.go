package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// What an athlete says at intervals.icu of an activity comes with it, and again when it changes. Feel is 1 for strong to 5 for weak there.
func TestIntervalsWords(t *testing.T) {
	t.Parallel()
	var words string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/athlete/0/activities" {
			http.Error(w, `{"status":404}`, http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprintf(w, `[{"id":"i1","name":"Tempo","type":"Run","start_date":"2026-03-01T08:00:00Z","moving_time":1800,"distance":6000%s}]`, words)
	}))
	defer srv.Close()
	st := storetest.New(t)
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	table := provider.Table()
	row := &table[slices.IndexFunc(table, func(p provider.Provider) bool { return p.Name == pierre.ProviderIntervals })]
	row.API = srv.URL
	keeper := importer.New(st, time.Now, importer.Options{})
	service := provider.New(table, st, keeper, ring, provider.Options{Transport: &http.Transport{}})
	user := storetest.Users(t, st, time.Now(), "ana@example.com")[0]
	if err := st.KeepConnection(t.Context(), pierre.Connection{
		UserID: user, Provider: pierre.ProviderIntervals, Account: "7", Connected: time.Now(), Due: time.Now(),
		Sealed: ring.Seal([]byte(`{"key":"a-key"}`), pierre.ConnectionPurpose(user, pierre.ProviderIntervals)),
	}); err != nil {
		t.Fatal(err)
	}
	c, err := service.Client(t.Context(), user, pierre.ProviderIntervals)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]bool{}
	for _, tt := range []struct {
		words, rpe, gear string
		feel             pierre.Feel
		same             bool // as a version before
	}{
		{words: ``, rpe: "-"},
		{words: `,"icu_rpe":7,"feel":1,"gear":{"id":"g1","name":"Pegasus 41"}`, rpe: "7", feel: pierre.FeelVeryStrong, gear: "Pegasus 41"},
		{words: `,"icu_rpe":7,"feel":2`, rpe: "7", feel: pierre.FeelStrong},
		{words: `,"icu_rpe":7,"feel":3`, rpe: "7", feel: pierre.FeelNormal},
		{words: `,"icu_rpe":7,"feel":4`, rpe: "7", feel: pierre.FeelWeak},
		{words: `,"icu_rpe":7,"feel":5`, rpe: "7", feel: pierre.FeelVeryWeak},
		{words: `,"icu_rpe":null,"perceived_exertion":4.5`, rpe: "4.5"},
		{words: `,"icu_rpe":7,"perceived_exertion":4`, rpe: "7"},
		{words: `,"session_rpe":210`, rpe: "-", same: true}, // the rate times the minutes
		{words: `,"icu_rpe":0,"feel":0,"gear":null`, rpe: "-", same: true},
		{words: `,"icu_rpe":11,"feel":6,"gear":{"name":""}`, rpe: "-", same: true},
	} {
		words = tt.words
		now := time.Now()
		page, err := row.Streams[0].List(t.Context(), c, provider.Window{From: now.Add(-time.Hour), To: now})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%s: %d items, %v", words, len(page.Items), err)
		}
		f, err := page.Items[0].Load(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		rpe := "-"
		if f.Words.RPE != nil {
			rpe = fmt.Sprint(*f.Words.RPE)
		}
		if rpe != tt.rpe || f.Words.Feel != tt.feel || f.Words.Gear != tt.gear {
			t.Errorf("%s: RPE %s, feel %q, gear %q", words, rpe, f.Words.Feel, f.Words.Gear)
		}
		if v := page.Items[0].Version; versions[v] != tt.same {
			t.Errorf("%s: the version was there before: %t", words, versions[v])
		}
		versions[page.Items[0].Version] = true
		f.Provider, f.ExternalID = pierre.ProviderIntervals, "i1"
		if tt.gear == "" {
			continue
		}
		if _, err := keeper.KeepFetched(t.Context(), user, f); err != nil {
			t.Fatal(err)
		}
		kept, err := st.Gear(t.Context(), user, time.UTC)
		if err != nil || len(kept) != 1 || kept[0].Name != tt.gear || *kept[0].DistanceMeters != 6000 {
			t.Errorf("%s: the gear is %+v, %v", words, kept, err)
		}
	}
}
