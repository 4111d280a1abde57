// Package serverdoctor finds out what is wrong with a server, or soon will be: its folder and disk, its database, Redis, the
// clocks, the certificate, the proxy in front of it, its secrets, its backups and its file of foods. It changes nothing. The shape of what it
// finds is package doctor's.
package serverdoctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/store"
)

// timeLimit is how long all checks together may take.
const timeLimit = 30 * time.Second

// A Server is what is examined.
type Server struct {
	DatabaseURL string
	DataDir     string
	RedisURL    secret.String
	CertFile    string // "": no TLS of its own
	PublicURL   string // "": not known
	JWTSecret   secret.String
	SecretFiles []string       // that hold the secrets; none: they are given as variables
	BackupDir   string         // "": not known
	FoodFile    string         // "": none
	Roots       *x509.CertPool // that clients trust; nil: the system's
}

// An examination collects checks.
type examination struct {
	Server

	now    func() time.Time
	checks []doctor.Check
}

// Run makes all checks of a server whose settings are right.
func Run(ctx context.Context, s Server, now func() time.Time) []doctor.Check {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	x := &examination{Server: s, now: now}
	x.folder()
	x.database(ctx)
	x.redis(ctx)
	x.certificate()
	x.public(ctx)
	x.secrets()
	x.backups()
	x.foods(ctx)
	x.skip("mail", "the admin site sends the mails: pierre-admin-service doctor")
	return x.checks
}

func (x *examination) ok(name, format string, args ...any) {
	x.checks = append(x.checks, doctor.Check{Name: name, Status: doctor.OK, Detail: fmt.Sprintf(format, args...)})
}

func (x *examination) skip(name, why string) {
	x.checks = append(x.checks, doctor.Check{Name: name, Status: doctor.Skipped, Detail: why})
}

// A finding is what is wrong, why it matters, and what to do.
type finding struct{ detail, why, fix string }

func (x *examination) warn(name string, f finding) {
	x.checks = append(x.checks, doctor.Check{Name: name, Status: doctor.Warn, Detail: f.detail, Why: f.why, Fix: f.fix})
}

func (x *examination) fail(name string, f finding) {
	x.checks = append(x.checks, doctor.Check{Name: name, Status: doctor.Fail, Detail: f.detail, Why: f.why, Fix: f.fix})
}

// file returns the path of the database's file, "" for PostgreSQL.
func (x *examination) file() string {
	path, err := store.Path(x.DatabaseURL, x.DataDir)
	if err != nil {
		return "" // the settings' check has said so
	}
	return path
}
