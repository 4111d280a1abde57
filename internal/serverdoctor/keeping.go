package serverdoctor

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pierre-mcp/pierre/internal/backup"
	"github.com/pierre-mcp/pierre/internal/human"
)

const (
	day        = 24 * time.Hour
	certSoon   = 21 * day // certificates that renew themselves do so 30 days before their end
	oldSecret  = 400 * day
	oldRotated = 60 * day
	oldBackup  = 2 * day
	program    = "pierre-mcp-server"
)

// certificate checks the server's own certificate: chain, names and end.
func (x *examination) certificate() {
	if x.CertFile == "" {
		x.skip("certificate", "TLS ends elsewhere, or there is none")
		return
	}
	chain, err := readChain(x.CertFile)
	if err != nil {
		x.fail("certificate", finding{x.CertFile + " cannot be read.", "Without it the server does not start.", "correct --tls-cert"})
		return
	}
	x.chain("certificate", chain, hostOf(x.PublicURL))
}

func readChain(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, os.ErrNotExist
	}
	return chain, nil
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// chain checks certificates as a client of the host does.
func (x *examination) chain(name string, chain []*x509.Certificate, host string) {
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	left := leaf.NotAfter.Sub(x.now())
	_, err := leaf.Verify(x509.VerifyOptions{Roots: x.Roots, Intermediates: between, DNSName: host, CurrentTime: x.now()})
	switch {
	case left <= 0:
		x.fail(name, finding{"It ended on " + leaf.NotAfter.Format("2 January 2006") + ".", "No client connects.", "renew it; the server reads the file again by itself"})
	case err != nil:
		x.fail(name, finding{"Clients do not trust it: " + err.Error() + ".", "No client connects unless it is told to trust it.", "put the certificate and those between it and the root into the file, for the name of --public-url"})
	case left < certSoon:
		x.warn(name, finding{fmt.Sprintf("It ends on %s, in %d days.", leaf.NotAfter.Format("2 January 2006"), left/day), "Then no client connects.", "see why it was not renewed"})
	default:
		x.ok(name, "trusted, until %s", leaf.NotAfter.Format("2 January 2006"))
	}
}

// tlsConfig is that of a client that trusts what the server's clients trust.
func (x *examination) tlsConfig() *tls.Config {
	return &tls.Config{RootCAs: x.Roots, MinVersion: tls.VersionTLS12}
}

// secrets checks the age of the secrets' files. Their strength the settings' check has seen to.
func (x *examination) secrets() {
	files := x.SecretFiles
	if len(files) == 0 {
		x.skip("secrets", "given as variables: JWT_SECRET_FILE and ENCRYPTION_KEY_FILE keep them out of the environment, which other programs of the user can read")
		return
	}
	before := len(x.checks)
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			x.skip("secrets", path+" is not there yet; the server makes it when it starts")
			continue
		}
		if age := x.now().Sub(info.ModTime()); age > oldSecret {
			x.warn("secrets", finding{fmt.Sprintf("%s is %s old.", path, human.Duration(age)), "The longer a secret is used, the more may have seen it.", "admin-setup rotate-secrets"})
		}
		if info, err := os.Stat(path + ".previous"); err == nil && x.now().Sub(info.ModTime()) > oldRotated {
			x.warn("secrets", finding{path + ".previous is still accepted.", "Who has the secret from before the rotation can go on using it.", "admin-setup rotate-secrets --forget-previous, when all admin tokens were made anew"})
		}
	}
	if len(x.checks) == before {
		x.ok("secrets", "strong, and not too old")
	}
}

// backups checks when the last one was made.
func (x *examination) backups() {
	const fix = "pierre-mcp-server backup FOLDER --keep 14 --passphrase-file FILE, every day by a timer, with BACKUP_DIR=FOLDER for the doctor"
	if x.BackupDir == "" {
		x.warn("backups", finding{"BACKUP_DIR names no folder of backups.", "A disk that breaks takes all keys, usage and training with it.", fix})
		return
	}
	paths, made, err := backup.List(x.BackupDir, program)
	if err != nil || len(paths) == 0 {
		x.fail("backups", finding{"There is no backup in " + x.BackupDir + ".", "A disk that breaks takes all keys, usage and training with it.", fix})
		return
	}
	last := len(paths) - 1
	if age := x.now().Sub(made[last]); age > oldBackup {
		x.fail("backups", finding{fmt.Sprintf("The last backup, %s, is %s old.", filepath.Base(paths[last]), human.Duration(age)), "What came after it would be lost.", "see why the timer makes none: " + fix})
		return
	}
	x.ok("backups", "%d, the last one of %s; pierre-mcp-server verify proves it", len(paths), made[last].Format("2006-01-02 15:04 MST"))
}
