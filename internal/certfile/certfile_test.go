package certfile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/certfile"
)

// files are a certificate and its key in a folder of the test.
type files struct{ cert, key string }

// issue writes a certificate for name that is valid from noon to a day later.
func (f files) issue(t *testing.T, name string, noon time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: noon, NotAfter: noon.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, f.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func newFiles(t *testing.T) files {
	dir := t.TempDir()
	return files{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

// served returns the name in the certificate that a client gets.
func served(t *testing.T, p *certfile.Pair) string {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	go tls.Server(server, p.Config()).Handshake()
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	now := noon.Add(time.Hour)
	f := newFiles(t)
	f.issue(t, "old.example", noon)
	p, err := certfile.Load(f.cert, f.key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p.LogTo(slog.New(slog.NewTextHandler(&log, nil)))
	step := func(what, want, logged string) {
		t.Helper()
		log.Reset()
		if got := served(t, p); got != want || !strings.Contains(log.String(), logged) {
			t.Errorf("%s: served %s, want %s; logged %s", what, got, want, &log)
		}
	}
	step("at first", "old.example", "")
	f.issue(t, "new.example", noon)
	if err := os.Chtimes(f.cert, now, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	step("within ten seconds", "old.example", "")
	now = now.Add(time.Minute)
	step("after them", "new.example", "read the changed certificate")

	write(t, f.key, []byte("broken"))
	now = now.Add(time.Minute)
	step("a broken key", "new.example", "the one before stays in use")
	now = now.Add(time.Minute)
	step("the same broken key", "new.example", "")
	if err := os.Remove(f.key); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	step("no key", "new.example", "")
	f.issue(t, "third.example", noon)
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	step("asked to", "third.example", "")
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		damage func(f files)
		now    time.Time
		want   string
	}{
		"missing certificate": {func(f files) { os.Remove(f.cert) }, noon, "cert.pem: no such file"},
		"missing key":         {func(f files) { os.Remove(f.key) }, noon, "key.pem: no such file"},
		"folder":              {func(f files) { os.Remove(f.key); os.Mkdir(f.key, 0o700) }, noon, "key.pem"},
		"not PEM":             {func(f files) { write(t, f.cert, []byte("x")) }, noon, "are not a certificate and its key"},
		"another key":         {func(f files) { files{f.cert + "2", f.key}.issue(t, "b.example", noon) }, noon, "are not a certificate and its key"},
		"expired":             {func(files) {}, noon.Add(25 * time.Hour), "expired on 2026-11-26"},
		"not valid yet":       {func(files) {}, noon.Add(-time.Hour), "valid from 2026-11-25"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t)
			f.issue(t, "a.example", noon)
			tc.damage(f)
			_, err := certfile.Load(f.cert, f.key, func() time.Time { return tc.now })
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Load = %v, want %q", err, tc.want)
			}
		})
	}
}
