package release_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/release"
)

const list = "# pierre 1.2.3\n" + "ab  mcp-client_linux_amd64\n"

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t testing.TB, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func sign(t testing.TB, key *ecdsa.PrivateKey, text string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	raw, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return []byte(base64.StdEncoding.EncodeToString(raw) + "\n")
}

func TestVersionIsThatOfTheSignedList(t *testing.T) {
	private := newKey(t, elliptic.P256())
	key, err := release.ParseKey(publicPEM(t, private.Public()))
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, private, list)
	if version, err := key.Version([]byte(list), good); err != nil || version != "1.2.3" {
		t.Fatalf("version %q, %v", version, err)
	}
	for name, tc := range map[string]struct {
		list, signature string
		want            string
	}{
		"changed list":    {strings.Replace(list, "ab", "ac", 1), string(good), "not the signature"},
		"another key":     {list, string(sign(t, newKey(t, elliptic.P256()), list)), "not the signature"},
		"no base64":       {list, "\x00", "not in base64"},
		"empty":           {list, "", "not the signature"},
		"cut off":         {list, string(good[:40]), "not the signature"},
		"no version":      {"ab  x\n", string(sign(t, private, "ab  x\n")), "names no version"},
		"a quote":         {"# pierre 1'2\n", string(sign(t, private, "# pierre 1'2\n")), "names no version"},
		"version is long": {"# pierre " + strings.Repeat("1", 65) + "\n", string(sign(t, private, "# pierre "+strings.Repeat("1", 65)+"\n")), "names no version"},
		"list too large":  {strings.Repeat("x", release.MaxList+1), string(good), "larger"},
		"sign. too large": {list, strings.Repeat("x", release.MaxSignature+1), "larger"},
	} {
		if version, err := key.Version([]byte(tc.list), []byte(tc.signature)); err == nil || version != "" || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: version %q, %v; want an error with %q", name, version, err, tc.want)
		}
	}
}

func TestParseKeyTakesPublicKeysOfP256Alone(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private := newKey(t, elliptic.P256())
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	good := string(publicPEM(t, private.Public()))
	for name, tc := range map[string]struct{ text, want string }{
		"RSA":         {string(publicPEM(t, rsaKey.Public())), "P-256"},
		"P-384":       {string(publicPEM(t, newKey(t, elliptic.P384()).Public())), "P-256"},
		"private key": {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), "private key"},
		"two keys":    {good + good, "one PEM block"},
		"no PEM":      {"untrusted comment: minisign public key\nRWQ", "no PEM block"},
		"no key":      {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})), "reading the public key"},
		"empty":       {"", "no PEM block"},
		"too large":   {strings.Repeat(" ", release.MaxKey) + good, "at most"},
	} {
		if _, err := release.ParseKey([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want an error with %q", name, err, tc.want)
		}
	}
}

// Whatever bytes stand beside the list, they are refused unless they are its signature; whatever key is given, it stands between quotes.
func FuzzVersion(f *testing.F) {
	private := newKey(f, elliptic.P256())
	pemKey := publicPEM(f, private.Public())
	f.Add(pemKey, []byte(list), sign(f, private, list))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"), []byte("# pierre 1\n"), []byte("MAA="))
	f.Fuzz(func(t *testing.T, keyText, list, signature []byte) {
		key, err := release.ParseKey(keyText)
		if err != nil {
			return
		}
		if strings.Trim(key.Base64(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != "" {
			t.Errorf("the key is rendered as %q", key.Base64())
		}
		if version, err := key.Version(list, signature); err == nil && !strings.HasPrefix(string(list), "# pierre "+version+"\n") {
			t.Errorf("version %q of %q", version, list)
		}
	})
}
