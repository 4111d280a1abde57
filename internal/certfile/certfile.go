// Package certfile keeps a server's TLS certificate and reads its files again when they change, so that a
// renewed certificate needs no restart.
package certfile

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// checkEvery is how often a handshake looks whether the files have changed.
const checkEvery = 10 * time.Second

// A Pair is a certificate and its key. It is safe for concurrent use.
type Pair struct {
	certPath, keyPath string
	now               func() time.Time
	current           atomic.Pointer[tls.Certificate]
	log               atomic.Pointer[slog.Logger]

	mu      sync.Mutex
	checked time.Time
	tried   stamp // of the files that were read last, successfully or not
}

// A stamp tells whether the files have changed: their sizes and when they were modified.
type stamp string

// Load reads the files. A certificate that is not valid now is an error: no client would accept it.
func Load(certPath, keyPath string, now func() time.Time) (*Pair, error) {
	p := &Pair{certPath: certPath, keyPath: keyPath, now: now}
	p.log.Store(slog.New(slog.DiscardHandler))
	if err := p.Reload(); err != nil {
		return nil, err
	}
	return p, nil
}

// LogTo sets where it is logged that the files were read again.
func (p *Pair) LogTo(log *slog.Logger) { p.log.Store(log) }

// Config returns the TLS configuration of a server with the certificate.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{
		GetCertificate: p.certificate,
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}

// certificate returns the certificate for a handshake.
func (p *Pair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if p.due() {
		log := p.log.Load()
		if err := p.Reload(); err != nil {
			log.Warn("the changed certificate cannot be used; the one before stays in use", slog.Any("err", err))
		} else {
			log.Info("read the changed certificate", slog.String("file", p.certPath))
		}
	}
	return p.current.Load(), nil
}

// due reports whether the files have changed since they were read.
func (p *Pair) due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if since := now.Sub(p.checked); since >= 0 && since < checkEvery {
		return false
	}
	p.checked = now
	s, err := p.stamp()
	return err == nil && s != p.tried // while a file is missing, it is being replaced
}

// Reload reads the files now. After an error the certificate before stays in use.
func (p *Pair) Reload() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.stamp()
	if err != nil {
		return err
	}
	p.checked, p.tried = p.now(), s
	cert, err := tls.LoadX509KeyPair(p.certPath, p.keyPath)
	if err != nil {
		return explain(err, p.certPath, p.keyPath)
	}
	if err := p.valid(cert.Leaf); err != nil {
		return err
	}
	p.current.Store(&cert)
	return nil
}

func (p *Pair) valid(leaf *x509.Certificate) error {
	switch now := p.now(); {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate %s expired on %s", p.certPath, leaf.NotAfter.Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate %s is valid from %s only", p.certPath, leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

func explain(err error, certPath, keyPath string) error {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return pathError(err)
	}
	return fmt.Errorf("%s and %s are not a certificate and its key: %w", certPath, keyPath, err)
}

// pathError leaves out the name of the system call.
func pathError(err error) error {
	if cause, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("reading %s: %w", cause.Path, cause.Err)
	}
	return err
}

func (p *Pair) stamp() (stamp, error) {
	var text strings.Builder
	for _, path := range []string{p.certPath, p.keyPath} {
		info, err := os.Stat(path)
		if err != nil {
			return "", pathError(err)
		}
		fmt.Fprintf(&text, "%d %d ", info.Size(), info.ModTime().UnixNano())
	}
	return stamp(text.String()), nil
}
