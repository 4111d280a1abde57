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
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Activities name their gear as Strava's export does, and each piece is asked for once. Where the limit is reached, they come without.
func TestStravaGear(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		switch r.URL.Path {
		case "/api/v3/athlete/activities":
			for i, gear := range []string{`"b1"`, `"g2"`, `"g2"`, `"g3"`, `"g4"`, "null", `"g5"`} {
				_, _ = fmt.Fprintf(w, `%c{"id":%d,"name":"x","sport_type":"Run","start_date":"2026-03-01T08:00:00Z","gear_id":%s}`, "[,"[min(i, 1)], i+1, gear)
			}
			_, _ = fmt.Fprint(w, "]")
		case "/api/v3/gear/b1":
			_, _ = fmt.Fprint(w, `{"id":"b1","name":"Weekender","brand_name":"Grimm","model_name":"R1","distance":388206}`)
		case "/api/v3/gear/g2":
			_, _ = fmt.Fprint(w, `{"id":"g2","name":"Fable One old","brand_name":"Fable","model_name":"One","retired":true}`)
		case "/api/v3/gear/g3":
			_, _ = fmt.Fprint(w, `{"id":"g3","name":"","brand_name":"Fable","model_name":"Two"}`)
		case "/api/v3/gear/g5":
			w.Header().Set("Retry-After", "900")
			http.Error(w, `{"message":"Rate Limit Exceeded"}`, http.StatusTooManyRequests)
		default:
			http.Error(w, `{"message":"Record Not Found"}`, http.StatusNotFound)
		}
	}))
	defer srv.Close()
	st := storetest.New(t)
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	table := provider.Table()
	row := &table[slices.IndexFunc(table, func(p provider.Provider) bool { return p.Name == pierre.ProviderStrava })]
	row.API = srv.URL
	service := provider.New(table, st, importer.New(st, time.Now, importer.Options{}), ring, provider.Options{
		Transport: &http.Transport{}, Apps: map[pierre.Provider]provider.App{pierre.ProviderStrava: {ClientID: "1", ClientSecret: secret.New("s"), RiskAccepted: true}},
	})
	user := storetest.Users(t, st, time.Now(), "ana@example.com")[0]
	if err := st.KeepConnection(t.Context(), pierre.Connection{
		UserID: user, Provider: pierre.ProviderStrava, Account: "7", Connected: time.Now(), Due: time.Now(),
		Sealed: ring.Seal([]byte(`{"access_token":"a","token_type":"Bearer"}`), pierre.ConnectionPurpose(user, pierre.ProviderStrava)),
	}); err != nil {
		t.Fatal(err)
	}
	c, err := service.Client(t.Context(), user, pierre.ProviderStrava)
	if err != nil {
		t.Fatal(err)
	}
	page, err := row.Streams[0].List(t.Context(), c, provider.Window{From: time.Now().Add(-time.Hour), To: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range page.Items {
		f, err := i.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Words.Gear)
	}
	if want := []string{"Weekender", "Fable One old", "Fable One old", "Fable Two", "", "", ""}; !slices.Equal(names, want) {
		t.Errorf("gear %q, want %q", names, want)
	}
	if asked["/api/v3/gear/g2"] != 1 || asked["/api/v3/gear/g4"] != 1 {
		t.Errorf("asked: %v", asked)
	}
}
