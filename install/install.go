// Package install puts the client into MCP hosts: it knows where each host keeps
// its configuration, merges an entry into it, takes it out again, and keeps the
// access key somewhere safer than that file.
//
// A configuration belongs to its user. Everything outside the entry keeps its
// bytes, comments included; a file that does not parse is refused, not corrected; a
// change is made of a backup and one rename. What to write, what to ask and what
// to print is left to cmd/mcp-client.
package install

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// KeyVariable is the environment variable in which an entry may give the access key to the client.
const KeyVariable = "PIERRE_AUTH_KEY"

// An Entry is what a host needs to start the client.
type Entry struct {
	Command string            // absolute path
	Args    []string          // without secrets
	Env     map[string]string // nil: none; [KeyVariable] only if the key shall be in the configuration
}

// Starts reports whether the entry starts the program of that base name, which is given without ".exe".
func (e Entry) Starts(program string) bool {
	base := e.Command[strings.LastIndexAny(e.Command, `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(base), ".exe") == program
}

// ErrOtherProgram means that the entry of that name starts another program.
var ErrOtherProgram = errors.New("the entry starts another program")

// A Target is one configuration file of one host.
type Target struct {
	Host Host
	File string
}

// A Change is what is to become of one configuration file.
type Change struct {
	Target        Target
	Before, After []byte
	Exists        bool // the file does; else After is to be created
	Delete        bool // the file was made for the entry alone and goes with it
}

// None reports whether there is nothing to do.
func (c Change) None() bool { return !c.Delete && bytes.Equal(c.Before, c.After) }

// Diff returns the change in the unified format; empty if there is none.
func (c Change) Diff() []byte {
	before, after := c.Target.File, c.Target.File
	if !c.Exists {
		before = "/dev/null"
	}
	if c.Delete {
		after = "/dev/null"
	}
	text := diff.Diff(before, c.Before, after, c.After)
	return text[bytes.IndexByte(text, '\n')+1:] // without the line that begins with "diff"
}

// Entry returns the entry called name; false if there is none.
func (t Target) Entry(name string) (Entry, bool, error) {
	data, _, err := t.read()
	if err != nil {
		return Entry{}, false, err
	}
	return t.entry(data, name)
}

// Install returns the change that gives the host the entry e under name. Members
// of an existing entry that the client does not manage are kept.
func (t Target) Install(name string, e Entry) (Change, error) {
	data, exists, err := t.read()
	if err != nil {
		return Change{}, err
	}
	after, err := t.merge(data, name, e)
	if err != nil {
		return Change{}, err
	}
	return Change{Target: t, Before: data, After: after, Exists: exists}, nil
}

// Text is the entry e as it would stand in a configuration file that holds nothing else.
func (t Target) Text(name string, e Entry) (string, error) {
	data, err := t.merge(nil, name, e)
	return string(data), err
}

// Uninstall returns the change that takes out the entry called name and nothing
// else. If the entry is all that happened to the file since a backup of it, the
// file gets that backup's very bytes; a file that was made for the entry is deleted.
// An entry that starts another program than the one of that base name is [ErrOtherProgram].
func (t Target) Uninstall(name, program string) (Change, error) {
	data, exists, err := t.read()
	if err != nil {
		return Change{}, err
	}
	c := Change{Target: t, Before: data, After: data, Exists: exists}
	e, found, err := t.entry(data, name)
	if err != nil || !found {
		return c, err
	}
	if !e.Starts(program) {
		return c, fmt.Errorf("taking %s out of %s: %w, %s", name, t.File, ErrOtherProgram, e.Command)
	}
	if c.After, err = t.original(data, name, e); err != nil {
		return c, err
	}
	c.Delete = c.After == nil
	return c, nil
}

// original returns data without the entry; nil if the entry is all there ever was.
func (t Target) original(data []byte, name string, e Entry) ([]byte, error) {
	for _, path := range slices.Backward(backups(t.File)) {
		old, err := readConfig(path)
		if err != nil {
			continue
		}
		if _, had, err := t.entry(old, name); had || err != nil {
			continue
		}
		if again, err := t.merge(old, name, e); err == nil && bytes.Equal(again, data) {
			return old, nil
		}
	}
	if fresh, err := t.merge(nil, name, e); err == nil && bytes.Equal(fresh, data) {
		return nil, nil
	}
	path := t.Host.path(name)
	after, err := t.format().remove(data, path)
	if err == nil {
		err = t.format().check(data, after, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is left as it is: %w", t.File, err)
	}
	return after, nil
}

func (t Target) entry(data []byte, name string) (Entry, bool, error) {
	raw, found, err := t.format().find(data, t.Host.path(name))
	if err != nil {
		return Entry{}, false, fmt.Errorf("reading %s: %w", t.File, err)
	}
	return t.Host.shape.read(raw), found, nil
}

// merge puts the entry into data and checks that nothing else has changed.
func (t Target) merge(data []byte, name string, e Entry) ([]byte, error) {
	f, path := t.format(), t.Host.path(name)
	after, err := f.merge(data, path, e, t.Host.shape)
	if err == nil {
		err = f.check(data, after, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is left as it is: %w", t.File, err)
	}
	return after, nil
}

// A format reads and edits one kind of configuration file. Path leads to the entry.
type format interface {
	// find returns the members of the entry; nil if it is no object.
	find(data []byte, path []string) (raw map[string]any, found bool, err error)
	merge(data []byte, path []string, e Entry, s shape) ([]byte, error)
	remove(data []byte, path []string) ([]byte, error)
	// check reports an error if before and after differ in more than what is at path.
	check(before, after []byte, path []string) error
}

func (t Target) format() format {
	switch filepath.Ext(t.File) {
	case ".toml":
		return tomlFormat{}
	case ".yaml", ".yml":
		return yamlFormat{}
	default:
		return jsonFormat{}
	}
}

func (t Target) read() (data []byte, exists bool, err error) {
	data, err = readConfig(t.File)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(t.File); err == nil {
			return nil, false, fmt.Errorf("%s is a link to a file that does not exist: correct the link first", t.File)
		}
		return nil, false, nil
	}
	return data, err == nil, err
}
