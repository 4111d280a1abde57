package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// An installReport is the outcome of install or uninstall, as --json prints it.
type installReport struct {
	Name     string        `json:"name"`
	URL      string        `json:"url,omitempty"`
	DryRun   bool          `json:"dry_run"`
	Entry    reportEntry   `json:"entry,omitzero"`
	Server   *serverReport `json:"server,omitempty"` // absent: it was not asked
	Key      reportKey     `json:"key"`
	Hosts    []hostReport  `json:"hosts"`
	Warnings []string      `json:"warnings,omitempty"`

	masked mask
	shown  bool // the user has seen the changes
}

type reportEntry struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

type serverReport struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Tools   int    `json:"tools"`
}

// A reportKey says where the key is: none, config, stored (outside our reach), file, keychain, deleted or kept.
type reportKey struct {
	Place string `json:"place"`
	Name  string `json:"name,omitempty"`
	File  string `json:"file,omitempty"`
}

func keyReport(p install.KeyPlace) reportKey {
	if p.File == "" {
		return reportKey{Place: "keychain"}
	}
	return reportKey{Place: "file", File: p.File}
}

// A hostReport is what happens to one configuration file.
type hostReport struct {
	Host    string `json:"host"`
	File    string `json:"file"`
	Status  string `json:"status"` // created, changed, deleted, unchanged or failed
	Backup  string `json:"backup,omitempty"`
	Diff    string `json:"diff,omitempty"`
	Error   string `json:"error,omitempty"`
	title   string
	restart string
}

func (r *installReport) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// add records what is planned for t, or why nothing is.
func (r *installReport) add(t install.Target, c install.Change, err error) {
	h := hostReport{Host: t.Host.Name, File: t.File, title: t.Host.Title, restart: t.Host.Restart}
	switch {
	case err != nil:
		h.Status, h.Error = "failed", err.Error()
	case c.None():
		h.Status = "unchanged"
	case c.Delete:
		h.Status = "deleted"
	case c.Exists:
		h.Status = "changed"
	default:
		h.Status = "created"
	}
	if err == nil {
		h.Diff = r.masked.hide(string(c.Diff()))
	}
	r.Hosts = append(r.Hosts, h)
}

// applied records how a planned change went.
func (r *installReport) applied(t install.Target, backup string, err error) {
	i := slices.IndexFunc(r.Hosts, func(h hostReport) bool { return h.File == t.File })
	h := &r.Hosts[i]
	h.Backup = backup
	if err != nil {
		h.Status, h.Error = "failed", err.Error()
	}
}

// show prints the planned changes.
func (r *installReport) show(out io.Writer) {
	for _, h := range r.Hosts {
		if h.Diff != "" {
			fmt.Fprintf(out, "%s\n", human.Text(h.Diff))
		}
	}
}

// summarize prints what was done, and what the user has to do now.
func (r *installReport) summarize(out io.Writer, done string) {
	if r.Server != nil {
		fmt.Fprintf(out, "The server answers: %s %s with %s.\n", human.Text(r.Server.Name), human.Text(r.Server.Version), human.Plural(r.Server.Tools, "tool"))
	}
	for _, h := range r.Hosts {
		fmt.Fprintf(out, "%-14s  %s\n", h.title, r.outcome(h, done))
	}
	if text := r.Key.text(); text != "" {
		fmt.Fprintln(out, text)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "Warning: %s\n", human.Text(w))
	}
	if r.DryRun {
		fmt.Fprintln(out, "Nothing was changed (--dry-run).")
		return
	}
	for _, h := range r.Hosts {
		if h.changed() {
			fmt.Fprintf(out, "Now, %s: %s.\n", h.title, h.restart)
		}
	}
}

func (h hostReport) changed() bool { return h.Status != "unchanged" && h.Status != "failed" }

func (r *installReport) outcome(h hostReport, done string) string {
	switch {
	case h.Status == "failed":
		return "failed: " + human.Text(h.Error)
	case h.Status == "unchanged":
		return "unchanged: " + h.File
	case r.DryRun:
		return "would be " + h.Status + ": " + h.File
	case h.Backup != "":
		return done + ": " + h.File + " (backup: " + h.Backup + ")"
	default:
		return done + ": " + h.File
	}
}

func (k reportKey) text() string {
	switch k.Place {
	case "none":
		return "The server wants no access key."
	case "config":
		return "The access key is in the hosts' files."
	case "stored":
		return "The access key stays stored as " + k.Name + "."
	case "file":
		return "The access key is in " + k.File + ", which only you can read."
	case "keychain":
		return "The access key is in the system's keychain."
	case "deleted":
		return "The stored access key was deleted."
	case "kept":
		return "The stored access key was kept: another host uses it."
	default:
		return ""
	}
}

// failure is the error of a run that left a host out.
func (r *installReport) failure() error {
	failed := 0
	for _, h := range r.Hosts {
		if h.Status == "failed" {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return errors.New(human.Plural(failed, "host") + " could not be changed")
}

func printJSON(out io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	_, err := out.Write(b.Bytes())
	return err
}

// A mask hides access keys in what is shown of a configuration.
type mask struct {
	key  secret.String
	keys *regexp.Regexp
}

func newMask(key secret.String) mask {
	return mask{key: key, keys: regexp.MustCompile(`\bpk_(live|trial)_[0-9A-Za-z]+`)}
}

func (m mask) hide(s string) string {
	const hidden = "(hidden)"
	if key := m.key.Reveal(); key != "" {
		s = strings.ReplaceAll(s, key, hidden)
	}
	return m.keys.ReplaceAllString(s, "pk_${1}_"+hidden)
}
