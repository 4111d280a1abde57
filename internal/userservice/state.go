package userservice

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// maxFile bounds a service's file.
const maxFile = 1 << 20

// Program returns the program that the service's file starts, as it is on this computer now. Without a file the error is one of
// [fs.ErrNotExist].
func (s Setup) Program() (string, error) {
	f, err := os.Open(s.File)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", s.File, err)
	}
	program := s.programIn(readable(content))
	if program == "" {
		return "", errors.New(s.File + " does not say which program it starts")
	}
	return program, nil
}

// programIn finds the program in a document of [For].
func (s Setup) programIn(text string) string {
	switch s.kind {
	case unitFile:
		for line := range strings.Lines(text) {
			if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
				word, _ := quotedWord(command)
				return strings.NewReplacer("%%", "%", `\\`, `\`).Replace(word)
			}
		}
	case agentFile:
		return elementText(text, "array", "string")
	case taskFile:
		_, rest, _ := strings.Cut(elementText(text, "Exec", "Arguments"), "--headless ")
		if word, quoted := quotedWord(rest); quoted {
			return word
		}
		word, _, _ := strings.Cut(rest, " ")
		return word
	}
	return ""
}

// quotedWord reads the word in quotes with which a text begins. The path of a program holds none.
func quotedWord(text string) (word string, ok bool) {
	text, ok = strings.CutPrefix(text, `"`)
	if !ok {
		return "", false
	}
	word, _, ok = strings.Cut(text, `"`)
	return word, ok
}

// elementText is the text of the first element of that name in an element of another.
func elementText(text, in, name string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is decoded
	inside := false
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == in:
			inside = true
		case inside && start.Name.Local == name:
			var found string
			if d.DecodeElement(&found, &start) != nil {
				return ""
			}
			return found
		}
	}
}

// Running asks the service manager whether the service runs. said is how it puts that, or why it does not say; known is false then.
func (s Setup) Running(ctx context.Context) (running, known bool, said string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Query.Args[0], s.Query.Args[1:]...) //nolint:gosec // the commands are those of this package
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return s.state(stdout.String(), stderr.String(), err)
}

// state reads the answer of a service manager: of "systemctl is-active" a word, of "launchctl print" a line, of "schtasks
// /Query" the last column, in the language of the system.
func (s Setup) state(stdout, stderr string, err error) (running, known bool, said string) {
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return false, false, err.Error()
	}
	said = strings.TrimSpace(stdout)
	switch s.kind {
	case unitFile:
		return said == "active", said != "" && said != "unknown", firstOf(said, stderr)
	case agentFile:
		if err != nil {
			return false, true, "it is not loaded"
		}
		for line := range strings.Lines(stdout) {
			if state, ok := strings.CutPrefix(strings.TrimSpace(line), "state = "); ok {
				return state == "running", true, state
			}
		}
		return false, false, "launchctl does not say"
	default:
		if err != nil {
			return false, true, firstOf(stderr, "the task is not there")
		}
		columns := strings.Split(said, `","`)
		word := strings.Trim(columns[len(columns)-1], `" `)
		return word == "Running", word == "Running" || word == "Ready", word // in other languages it is not understood
	}
}

// firstOf is the first line of the first text that has one.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if line, _, _ := strings.Cut(strings.TrimSpace(t), "\n"); line != "" {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
