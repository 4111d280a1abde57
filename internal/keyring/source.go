package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// maxPrevious is how many secrets may be accepted beside the one in use.
const maxPrevious = 8

// previous is added to a secret's name, and to its file's, for those that are accepted, too.
const (
	previousName = "_PREVIOUS"
	previousFile = ".previous"
)

// A Source says where a secret is: in the given text or in the given file. The zero Source is the data folder.
type Source struct {
	Text secret.String
	File string // path

	// Previous and PreviousFile are secrets that are accepted, too, one in a line; no new signature or sealed text is made
	// with them.
	Previous     secret.String
	PreviousFile string // path
}

// SourceOf reads where the secret of that name is from variables: NAME, NAME_FILE, NAME_PREVIOUS and NAME_PREVIOUS_FILE.
func SourceOf(getenv func(string) string, name string) Source {
	return Source{
		Text: secret.New(getenv(name)), File: getenv(name + "_FILE"),
		Previous: secret.New(getenv(name + previousName)), PreviousFile: getenv(name + previousName + "_FILE"),
	}
}

// outside reports whether the secret is not in the data folder.
func (s Source) outside() bool { return s.Text.Reveal() != "" || s.File != "" }

// CheckGiven reports a secret that is not given, for programs that share it with others over one database. What is wrong
// with one that is given, Check reports.
func (s Source) CheckGiven(name string) error {
	if s.outside() {
		return nil
	}
	return pierre.Invalid(name, "%s is needed with a PostgreSQL database, because all programs that use it need the same one; "+
		"set it, or %s_FILE, to the output of openssl rand -base64 32", name, name)
}

// Check reports what is wrong with a secret that is given as text or as a file. It makes nothing. The
// zero Source is fine.
func (s Source) Check(name string) error {
	if !s.outside() {
		if s.Previous.Reveal() != "" || s.PreviousFile != "" {
			return pierre.Invalid(name, "%s%s is set without %s: which one is used for what is new?", name, previousName, name)
		}
		return nil
	}
	_, err := new(Ring).findAll(name, s, "")
	return err
}

// findAll returns the secrets of that name, the one in use first.
func (r *Ring) findAll(name string, src Source, file string) ([]secret.String, error) {
	first, err := r.findFirst(name, src, r.dir, file)
	if err != nil {
		return nil, err
	}
	more, err := r.findPrevious(name, src, file)
	if err != nil {
		return nil, err
	}
	all := []secret.String{first}
	for _, s := range more {
		if !slices.ContainsFunc(all, func(known secret.String) bool { return known.Reveal() == s.Reveal() }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// findPrevious returns the secrets that are accepted beside the one in use.
func (r *Ring) findPrevious(name string, src Source, file string) ([]secret.String, error) {
	name += previousName
	text := src.Previous.Reveal()
	var err error
	switch {
	case text != "" && src.PreviousFile != "":
		return nil, pierre.Invalid(name, "%s and %s_FILE are both set; give one of them", name, name)
	case src.PreviousFile != "":
		if text, err = readSecret(src.PreviousFile); err != nil {
			return nil, fmt.Errorf("reading %s_FILE: %w", name, err)
		}
	case text == "" && !src.outside():
		name = filepath.Join(r.dir, file+previousFile)
		if text, err = readSecret(name); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
			return nil, err
		}
	}
	var found []secret.String
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := guessable(line); err != nil {
			return nil, pierre.Invalid(name, "a line of %s %v", name, err)
		}
		found = append(found, secret.New(line))
	}
	if len(found) > maxPrevious {
		return nil, pierre.Invalid(name, "%s has %d secrets; it may have %d", name, len(found), maxPrevious)
	}
	return found, nil
}
