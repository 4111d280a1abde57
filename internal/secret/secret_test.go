package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/secret"
)

func TestNeverPrinted(t *testing.T) {
	const hidden = "hunter2"
	type exported struct {
		S secret.String `json:"s"`
	}
	type unexported struct{ s secret.String }
	s := secret.New(hidden)
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	for _, v := range []any{s, &s, exported{s}, unexported{s}, []secret.String{s}, map[string]secret.String{"k": s}} {
		fmt.Fprintf(&b, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
		log.Info("value", "v", v)
		js, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(js)
	}
	if out := b.String(); strings.Contains(out, hidden) || strings.Contains(out, fmt.Sprintf("%x", hidden)) {
		t.Errorf("leaked:\n%s", out)
	}
	if got := s.Reveal(); got != hidden {
		t.Errorf("Reveal() = %q, want %q", got, hidden)
	}
}
