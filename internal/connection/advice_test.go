package connection_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/bridge"
	"github.com/pierre-mcp/pierre/internal/connection"
)

func TestAdvice(t *testing.T) {
	for cause, want := range map[bridge.Cause]string{
		bridge.NoKey: "PIERRE_AUTH_KEY", bridge.KeyRefused: "new key", bridge.NotPermitted: "your plan", bridge.LimitReached: "larger plan",
		bridge.UnknownAuthority: "--ca-cert", bridge.ClientCertificate: "--client-cert", 0: "",
	} {
		if got := connection.Advice(bridge.Failure{Cause: cause}); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("advice on %d = %q, want %q in it", cause, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		`"c":"pk_trial_ABCDEFGHIJKLMNOPQRSTUVWX","d":"pk_id"`: `"c":"pk_[redacted]","d":"pk_id"`,
		"pk_live_0123456789abcdefghijklmnop":                  "pk_[redacted]",
		"no key":                                              "no key", "pk_": "pk_", "": "",
	} {
		if got := connection.Redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}
