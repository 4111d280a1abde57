package pierre_test

import (
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestOneLine(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "Ana's laptop": true, "Zoë's 👩‍💻": true, "שלום": true,
		"a\nb": false, "a\tb": false, "a\x00": false, "\x1b[31m": false, "a\u0085b": false, "a\u2028b": false, "a\u2029b": false,
		"admin\u202enimda": false, "a\u2066b": false,
	} {
		if got := pierre.OneLine(text); got != want {
			t.Errorf("OneLine(%q) = %v", text, got)
		}
	}
}

func TestIsText(t *testing.T) {
	for text, want := range map[string]bool{"": true, "Zoë\n\x1b": true, "\uFFFD": true, "a\x00": false, "\xff": false, "\xc3\x28": false, "\xed\xa0\x80": false} {
		if got := pierre.IsText(text); got != want {
			t.Errorf("IsText(%q) = %v", text, got)
		}
	}
}
