package provider_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// Answers are read whole up to a limit, and not at all beyond it: with and without a length that is said before.
func TestAnswersAtTheLimit(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.FormValue("bytes"))
		if err != nil {
			t.Error(err)
		}
		if r.FormValue("said") != "" {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		_, _ = w.Write([]byte(`"` + strings.Repeat("a", n-2) + `"`)) // who has read enough hangs up
	}))
	defer srv.Close()
	st := storetest.New(t)
	ring, err := keyring.Load(t.TempDir(), keyring.Source{}, keyring.Source{})
	if err != nil {
		t.Fatal(err)
	}
	table := []provider.Provider{{Name: pierre.ProviderIntervals, API: srv.URL, Key: &provider.Key{User: "API_KEY"}}}
	service := provider.New(table, st, importer.New(st, time.Now, importer.Options{}), ring, provider.Options{Transport: &http.Transport{}})
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
	const json, file = 16 << 20, 64 << 20
	for _, said := range []string{"", "&said=1"} {
		for limit, ask := range map[int]func(path string) (int, error){
			json: func(path string) (int, error) {
				var text string
				err := c.Get(t.Context(), path, nil, &text)
				return len(text) + 2, err
			},
			file: func(path string) (int, error) {
				content, err := c.File(t.Context(), path)
				return len(content), err
			},
		} {
			if n, err := ask("/x?bytes=" + strconv.Itoa(limit) + said); n != limit || err != nil {
				t.Errorf("at the limit: %d bytes, %v", n, err)
			}
			_, err := ask("/x?bytes=" + strconv.Itoa(limit+1) + said)
			if e, ok := errors.AsType[*provider.StatusError](err); !ok || e.Status != http.StatusUnprocessableEntity {
				t.Errorf("beyond the limit: %v", err)
			}
		}
	}
}
