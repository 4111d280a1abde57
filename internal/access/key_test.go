package access

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestGeneratedKeys(t *testing.T) {
	tests := []struct {
		mode  pierre.KeyMode
		shape string
	}{
		{pierre.ModeTrial, `^pk_trial_[0-9A-Za-z]{32}$`},
		{pierre.ModeLive, `^pk_live_[0-9A-Za-z]{32}$`},
	}
	for _, tt := range tests {
		t.Run(string(tt.mode), func(t *testing.T) {
			key := GenerateKey(tt.mode)
			text := key.Reveal()
			if !regexp.MustCompile(tt.shape).MatchString(text) {
				t.Errorf("key %q does not match %s", text, tt.shape)
			}
			if want := sha256.Sum256([]byte(text)); key.Hash() != want {
				t.Errorf("Hash = %x, want %x", key.Hash(), want)
			}
			if key.Prefix() != text[:12] || key.Last4() != text[len(text)-10:len(text)-6] {
				t.Errorf("Prefix, Last4 = %q, %q of %q", key.Prefix(), key.Last4(), text)
			}
			parsed, err := ParseKey(text)
			if err != nil || parsed.Reveal() != text {
				t.Errorf("ParseKey(%q) = %v, %v", text, parsed.Reveal(), err)
			}
			if shown := fmt.Sprintf("%v %+v %#v", key, key, &key); strings.Contains(shown, text[12:]) {
				t.Errorf("printing a key shows it: %s", shown)
			}
		})
	}
}

// The value is from zlib's crc32: other programs can check a key too.
func TestChecksum(t *testing.T) {
	const body = "pk_live_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if sum := checksum(body); string(sum[:]) != "3Un1ZS" {
		t.Errorf("checksum(%q) = %s; a change of the format makes every issued key void", body, sum)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good := GenerateKey(pierre.ModeLive).Reveal()
	tests := []struct {
		name, text, want string
	}{
		{"nothing", "", "no API key"},
		{"another service's key", "sk_live_" + good[8:], "not an API key"},
		{"a JWT", "eyJhbGciOiJIUzI1NiJ9.e30.x", "This is an admin token"},
		{"wrong case of the prefix", "PK_LIVE_" + good[8:], "not an API key"},
		{"cut off", good[:39], "cut off"},
		{"trailing newline", good + "\n", "cut off"},
		{"two characters swapped", swap(good), "mistyped"},
		{"prefix exchanged", "pk_trial_" + good[8:], "mistyped"},
		{"a foreign character", good[:20] + "-" + good[21:], "mistyped"},
		{"a multi-byte character", good[:20] + "é" + good[22:], "mistyped"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseKey(tt.text)
			if pierre.KindOf(err) != pierre.KindUnauthenticated || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseKey = %v, want unauthenticated with %q", err, tt.want)
			}
			if len(tt.text) > 12 && strings.Contains(err.Error(), tt.text[12:]) {
				t.Errorf("the error repeats the key: %v", err)
			}
		})
	}
}

// swap exchanges the first two neighbours of the key's random part that differ.
func swap(key string) string {
	b := []byte(key)
	for i := len(livePrefix); ; i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			return string(b)
		}
	}
}

// Every digit is as likely as any other: a plain remainder would make the first eight a quarter more frequent.
func TestKeysAreUniform(t *testing.T) {
	const n = 62 * 4000
	count := map[byte]int{}
	for _, digit := range appendRandom(nil, n) {
		count[digit]++
	}
	var chi2 float64
	for i := range len(base62) {
		d := float64(count[base62[i]]) - n/62
		chi2 += d * d / (n / 62)
	}
	if chi2 > 150 { // 61 degrees of freedom: above 150 once in 10^9 runs
		t.Errorf("chi-squared = %.0f, want about 61: %v", chi2, count)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("")
	f.Add("pk_live_")
	f.Add(GenerateKey(pierre.ModeTrial).Reveal())
	f.Add(GenerateKey(pierre.ModeLive).Reveal())
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if pierre.KindOf(err) != pierre.KindUnauthenticated {
				t.Errorf("ParseKey(%q) = %v, want unauthenticated", text, err)
			}
			return
		}
		if key.Reveal() != text || len(key.Prefix()) != 12 || len(key.Last4()) != 4 {
			t.Errorf("ParseKey(%q) = %q, prefix %q, last4 %q", text, key.Reveal(), key.Prefix(), key.Last4())
		}
	})
}
