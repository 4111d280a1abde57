package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
)

const doctorLong = `doctor looks for the reason why a host cannot use the server: the name, the proxy,
the certificate, the clock, the key and its limits, both eras of the protocol, and
the entries in this computer's hosts. Each check is ok, a warning or a failure with
what to do about it. It takes at most ten seconds and changes nothing; if the server
offers get_connection_status, one call of it counts against the limit of your key.

Without --url it uses the entry that "mcp-client install" wrote. The exit code is 1
if a check failed.`

const doctorExample = `  mcp-client doctor
  PIERRE_AUTH_KEY=pk_live_... mcp-client doctor --url https://pierre.example.com
  mcp-client doctor --json | jq '.checks[] | select(.status == "fail")'`

// doctorTime is how long all checks together may take.
const doctorTime = 10 * time.Second

// Outcomes of a check.
const (
	statusOK      = "ok"
	statusWarn    = "warn"
	statusFail    = "fail"
	statusSkipped = "skipped"
)

// A check is one thing that doctor looked at.
type check struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// A doctor collects checks. Each check method says whether the next ones make sense.
type doctor struct {
	w        cli.World
	conn     *connection
	name     string // of the entry
	source   string // file that the connection was taken from; empty: flags and environment
	endpoint endpoint
	checks   []check
}

func newDoctorCmd(w cli.World, conn *connection) *cobra.Command {
	opts := new(terminalOptions)
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Find out why a host cannot use the server",
		Long:    doctorLong,
		Example: doctorExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTime)
			defer cancel()
			d := &doctor{w: w, conn: conn, name: opts.name, source: conn.orInstalled(w.Getenv, opts.name)}
			if d.settings() && d.network(ctx) {
				d.mcp(ctx)
			}
			d.hosts()
			return d.print(opts.json)
		},
	}
	opts.register(cmd, "print the checks as JSON")
	return cmd
}

func (d *doctor) ok(name, format string, args ...any) {
	d.checks = append(d.checks, check{Name: name, Status: statusOK, Detail: fmt.Sprintf(format, args...)})
}

func (d *doctor) skip(name, why string) {
	d.checks = append(d.checks, check{Name: name, Status: statusSkipped, Detail: why})
}

func (d *doctor) warn(name, detail, fix string) {
	d.checks = append(d.checks, check{name, statusWarn, detail, fix})
}

func (d *doctor) fail(name, detail, fix string) {
	d.checks = append(d.checks, check{name, statusFail, detail, fix})
}

// settings checks what the user, the environment or an entry says about the server.
func (d *doctor) settings() bool {
	d.ok("program", "mcp-client %s", buildinfo.Version())
	var err error
	if d.endpoint, err = d.conn.endpoint(d.w.Getenv); err != nil {
		fix := "correct the flag or the variable, and run doctor again"
		if d.conn.url == "" && d.w.Getenv("PIERRE_URL") == "" {
			fix = "say --url https://HOST, or connect a host first: mcp-client install --url https://HOST"
		}
		d.fail("settings", err.Error(), fix)
		return false
	}
	from := "flags and environment"
	if d.source != "" {
		from = d.source
	}
	d.ok("settings", "%s, from %s", d.endpoint.URL.Redacted(), from)
	if d.endpoint.URL.Scheme == "http" && !loopback(d.endpoint.URL.Hostname()) {
		d.warn("encryption", "the connection is not encrypted: anybody on the way can read the key", "use https://")
	}
	return true
}

// print reports the checks; it is an error if one failed.
func (d *doctor) print(asJSON bool) error {
	failed := 0
	for _, c := range d.checks {
		if c.Status == statusFail {
			failed++
		}
	}
	var err error
	if asJSON {
		err = printJSON(d.w.Stdout, struct {
			OK     bool    `json:"ok"`
			Checks []check `json:"checks"`
		}{failed == 0, d.checks})
	} else {
		_, err = io.WriteString(d.w.Stdout, d.text())
	}
	if err == nil && failed > 0 {
		err = errors.New("the doctor found a problem; each → says what to do")
		if asJSON {
			err = errors.New("the doctor found a problem")
		}
	}
	return err
}

func (d *doctor) text() string {
	var b strings.Builder
	for _, c := range d.checks {
		fmt.Fprintf(&b, "%-7s  %-14s  %s\n", c.Status, c.Name, human.Text(c.Detail))
		if c.Fix != "" {
			fmt.Fprintf(&b, "%-7s  %-14s  → %s\n", "", "", human.Text(c.Fix))
		}
	}
	return b.String()
}
