// Package doctor finds out why a host cannot use a server: it checks the settings, the
// way to the server, the protocol, the key and the entries in this computer's hosts,
// and says for each problem what to do.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/human"
)

// timeLimit is how long all checks together may take.
const timeLimit = 10 * time.Second

// A Status is the outcome of a check.
type Status string

// Outcomes of a check.
const (
	OK      Status = "ok"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Skipped Status = "skipped"
)

// A Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Why    string `json:"why,omitempty"` // why it matters
	Fix    string `json:"fix,omitempty"`
}

// A Report is what all checks found.
type Report struct {
	OK     bool    `json:"ok"` // no check failed
	Checks []Check `json:"checks"`
}

// An examination collects checks. Each check method says whether the next ones make sense.
type examination struct {
	settings *connection.Settings
	getenv   func(string) string
	name     string // of the entry
	source   string // file that the settings were taken from; empty: flags and environment
	endpoint connection.Endpoint
	checks   []Check
}

// Run makes all checks, within ten seconds. Settings that name no server are
// completed from the entry called name in this computer's hosts.
func Run(ctx context.Context, settings *connection.Settings, name string, getenv func(string) string) Report {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	x := &examination{settings: settings, getenv: getenv, name: name, source: settings.OrInstalled(getenv, name)}
	if x.checkSettings() && x.network(ctx) {
		x.protocol(ctx)
	}
	x.watched(ctx)
	x.hosts()
	return NewReport(x.checks)
}

// NewReport returns the report of checks.
func NewReport(checks []Check) Report {
	failed := slices.ContainsFunc(checks, func(c Check) bool { return c.Status == Fail })
	return Report{OK: !failed, Checks: checks}
}

// Err is an error if a check failed.
func (r Report) Err() error {
	if r.OK {
		return nil
	}
	return errors.New("the doctor found a problem")
}

// Text is the report for a person.
func (r Report) Text() string {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-7s  %-14s  %s\n", c.Status, c.Name, human.Text(c.Detail))
		if c.Why != "" {
			fmt.Fprintf(&b, "%-7s  %-14s  %s\n", "", "", human.Text(c.Why))
		}
		if c.Fix != "" {
			fmt.Fprintf(&b, "%-7s  %-14s  → %s\n", "", "", human.Text(c.Fix))
		}
	}
	return b.String()
}

func (x *examination) ok(name, format string, args ...any) {
	x.checks = append(x.checks, Check{Name: name, Status: OK, Detail: fmt.Sprintf(format, args...)})
}

func (x *examination) skip(name, why string) {
	x.checks = append(x.checks, Check{Name: name, Status: Skipped, Detail: why})
}

func (x *examination) warn(name, detail, fix string) {
	x.checks = append(x.checks, Check{Name: name, Status: Warn, Detail: detail, Fix: fix})
}

func (x *examination) fail(name, detail, fix string) {
	x.checks = append(x.checks, Check{Name: name, Status: Fail, Detail: detail, Fix: fix})
}

// checkSettings checks what the user, the environment or an entry says about the server.
func (x *examination) checkSettings() bool {
	x.ok("program", "mcp-client %s", buildinfo.Version())
	var err error
	if x.endpoint, err = x.settings.Endpoint(x.getenv); err != nil {
		fix := "correct the flag or the variable, and run doctor again"
		if x.settings.URL == "" && x.getenv(connection.URLVariable) == "" {
			fix = "use --url https://HOST, or connect a host first: mcp-client install --url https://HOST"
		}
		x.fail("settings", err.Error(), fix)
		return false
	}
	from := "flags and environment"
	if x.source != "" {
		from = x.source
	}
	x.ok("settings", "%s, from %s", x.endpoint.URL.Redacted(), from)
	if x.endpoint.URL.Scheme == "http" && !connection.Loopback(x.endpoint.URL.Hostname()) {
		x.warn("encryption", "the connection is not encrypted: anybody on the way can read the key", "use https://")
	}
	return true
}
