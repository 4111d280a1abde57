package access

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// The form of a key: pk_live_ or pk_trial_, 26 random base62 digits (154 bits), and the
// CRC-32 (IEEE) of all of that in 6 base62 digits. The checksum tells a typo from an unknown
// key without a lookup, and lets secret scanners recognize a leaked key.
const (
	livePrefix  = "pk_live_"
	trialPrefix = "pk_trial_"

	randomDigits   = 26
	checksumDigits = 6
	shownPrefix    = 12
	shownLast      = 4
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// A Key is a well-formed API key in clear. Its owner sees it once; what is kept of it is
// its hash, its prefix and its last four.
type Key struct{ text secret.String }

// GenerateKey returns a new random key; those of the mode trial begin with pk_trial_.
func GenerateKey(mode pierre.KeyMode) Key {
	prefix := livePrefix
	if mode == pierre.ModeTrial {
		prefix = trialPrefix
	}
	text := make([]byte, 0, len(trialPrefix)+randomDigits+checksumDigits)
	text = append(text, prefix...)
	text = appendRandom(text, randomDigits)
	text = appendChecksum(text)
	return Key{secret.New(string(text))}
}

// appendRandom appends n uniformly distributed base62 digits. A byte of 248 or more is thrown
// away: 256 is no multiple of 62, so a remainder alone would favour the first digits.
func appendRandom(text []byte, n int) []byte {
	const even = 256 - 256%len(base62)
	var buf [2 * randomDigits]byte
	for want := len(text) + n; len(text) < want; {
		rand.Read(buf[:]) // ends the program rather than fail
		for _, b := range buf {
			if int(b) < even && len(text) < want {
				text = append(text, base62[int(b)%len(base62)])
			}
		}
	}
	return text
}

func appendChecksum(text []byte) []byte {
	sum := checksum(text)
	return append(text, sum[:]...)
}

// checksum returns the CRC-32 of text in base62, most significant digit first.
func checksum[T string | []byte](text T) [checksumDigits]byte {
	var digits [checksumDigits]byte
	crc := crc32.ChecksumIEEE([]byte(text))
	for i := range digits {
		digits[checksumDigits-1-i] = base62[crc%uint32(len(base62))]
		crc /= uint32(len(base62))
	}
	return digits
}

// ParseKey checks the form of a key and its checksum. Its errors are [pierre.KindUnauthenticated]
// and say what is wrong; they never repeat the text.
func ParseKey(text string) (Key, error) {
	random, ok := strings.CutPrefix(text, livePrefix)
	if !ok {
		random, ok = strings.CutPrefix(text, trialPrefix)
	}
	switch {
	case text == "":
		return Key{}, MissingKey()
	case looksLikeJWT(text):
		return Key{}, refuse("This is an admin token, which is for /admin only; send an API key, which begins with %s or %s.", livePrefix, trialPrefix)
	case !ok:
		return Key{}, refuse("This is not an API key; keys begin with %s or %s.", livePrefix, trialPrefix)
	case len(random) != randomDigits+checksumDigits:
		return Key{}, refuse("This API key was cut off or has text added: it must have %d characters, not %d.",
			len(text)-len(random)+randomDigits+checksumDigits, len(text))
	}
	body := len(text) - checksumDigits
	if sum := checksum(text[:body]); string(sum[:]) != text[body:] {
		return Key{}, refuse("This API key is mistyped: its checksum is wrong. Copy it again from where it was shown.")
	}
	return Key{secret.New(text)}, nil
}

// looksLikeJWT tells an admin token from a key that is damaged: in base64, {" is eyJ.
func looksLikeJWT(text string) bool {
	return strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2
}

// Reveal returns the key in clear, for its owner.
func (k Key) Reveal() string { return k.text.Reveal() }

// Hash returns what is stored for the key. A plain hash is enough for 154 random bits (OWASP ASVS 5.0, 6.5.2).
func (k Key) Hash() [32]byte { return sha256.Sum256([]byte(k.text.Reveal())) }

// Prefix returns the first 12 characters, by which people tell keys apart.
func (k Key) Prefix() string { return k.text.Reveal()[:shownPrefix] }

// Last4 returns the last 4 characters before the checksum.
func (k Key) Last4() string {
	text := k.text.Reveal()
	body := len(text) - checksumDigits
	return text[body-shownLast : body]
}
