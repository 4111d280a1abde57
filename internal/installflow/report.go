package installflow

import (
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

// A report is the outcome of install or uninstall, as --json prints it.
type report struct {
	Name     string       `json:"name"`
	URL      string       `json:"url,omitempty"`
	DryRun   bool         `json:"dry_run"`
	Entry    entryReport  `json:"entry,omitzero"`
	Server   *Server      `json:"server,omitempty"` // absent: it was not asked
	Key      Key          `json:"key"`
	Hosts    []hostReport `json:"hosts"`
	Warnings []string     `json:"warnings,omitempty"`

	mask mask
}

type entryReport struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// A Server is what a server that was tried says about itself.
type Server struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Tools   int    `json:"tools"`
}

// A Key says where the access key is.
type Key struct {
	Place string `json:"place"` // one of the constants below; empty: there is nothing to say
	Name  string `json:"name,omitempty"`
	File  string `json:"file,omitempty"`
}

// Places of a key.
const (
	KeyNone     = "none"     // none is needed
	KeyInConfig = "config"   // in the hosts' files
	KeyStored   = "stored"   // under a name that the user gave
	KeyInFile   = "file"     // in a file
	KeyChain    = "keychain" // in the system's keychain
	KeyDeleted  = "deleted"
	KeyKept     = "kept" // another host uses it
)

// StoredKey is the report on a key that a [install.KeyStore] holds.
func StoredKey(p install.KeyPlace) Key {
	if p.File == "" {
		return Key{Place: KeyChain}
	}
	return Key{Place: KeyInFile, File: p.File}
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

func (r *report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// add records what is planned for t, or why nothing is.
func (r *report) add(t install.Target, c install.Change, err error) {
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
		h.Diff = r.mask.hide(string(c.Diff()))
	}
	r.Hosts = append(r.Hosts, h)
}

// applied records how a planned change went.
func (r *report) applied(t install.Target, backup string, err error) {
	i := slices.IndexFunc(r.Hosts, func(h hostReport) bool { return h.File == t.File })
	h := &r.Hosts[i]
	h.Backup = backup
	if err != nil {
		h.Status, h.Error = "failed", err.Error()
	}
}

// show prints the planned changes.
func (r *report) show(out io.Writer) {
	for _, h := range r.Hosts {
		if h.Diff != "" {
			fmt.Fprintf(out, "%s\n", human.Text(h.Diff))
		}
	}
}

// summarize prints what was done, and what the user has to do now.
func (r *report) summarize(out io.Writer, done string) {
	if r.Server != nil {
		fmt.Fprintf(out, "The server answers: %s %s with %s.\n", human.Text(r.Server.Name), human.Text(r.Server.Version), human.Plural(r.Server.Tools, "tool"))
	}
	for _, h := range r.Hosts {
		fmt.Fprintf(out, "%-14s  %s\n", h.title, r.outcome(h, done))
	}
	if text := r.keyText(); text != "" {
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

func (r *report) outcome(h hostReport, done string) string {
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

// keyText says where the key is, or would be; "" if there is nothing to say.
func (r *report) keyText() string {
	is, was := "is", "was"
	if r.DryRun {
		is, was = "would be", "would be"
	}
	switch r.Key.Place {
	case KeyNone:
		if r.Server == nil {
			return ""
		}
		return "The server wants no access key."
	case KeyInConfig:
		return "The access key " + is + " in the hosts' files."
	case KeyStored:
		return "The access key stays stored as " + r.Key.Name + "."
	case KeyInFile:
		return "The access key " + is + " in " + r.Key.File + ", which only you can read."
	case KeyChain:
		return "The access key " + is + " in the system's keychain."
	case KeyDeleted:
		return "The stored access key " + was + " deleted."
	case KeyKept:
		return "The stored access key " + was + " kept: another host uses it."
	default:
		return ""
	}
}

// failure is the error of a run that left a host out.
func (r *report) failure() error {
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
