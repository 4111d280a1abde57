//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/e2e/node"
	"github.com/pierre-mcp/pierre/internal/food"
)

// Models pay for every token of the list of tools with each conversation.
func TestTokensOfTheToolList(t *testing.T) {
	foods := filepath.Join(t.TempDir(), "food.db")
	b, err := food.NewBuilder(t.Context(), foods)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Add(t.Context(), food.Food{ID: 1, Kind: food.Legacy, Description: "Bananas, raw"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Finish(t.Context(), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "WEATHER=true", "FOOD_FILE="+foods) // with all tools
	k := s.provision(`{"user_email":"ana@example.com","tier":"professional"}`)
	tokenizer := node.Install(t)
	for profile, most := range map[string]int{"minimal": 2000, "default": 6000, "full": 50_000} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer " + k.APIKey, "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "X-Pierre-Tools": profile,
		} {
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		list, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("tools/list: %d %s %v", resp.StatusCode, list, err)
		}
		count := tokenizer.Script(t, "count_tokens.mjs")
		count.Stdin = bytes.NewReader(list)
		out, err := count.Output()
		if err != nil {
			t.Fatalf("counting: %v", err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(out)))
		t.Logf("%s: %d tokens", profile, n)
		if err != nil || n < 500 || n > most {
			t.Errorf("the list of profile %s has %s tokens, more than %d", profile, out, most)
		}
	}
}
