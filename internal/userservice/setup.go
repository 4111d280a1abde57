package userservice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/human"
)

// patience is how long one command of a service manager may take.
const patience = 30 * time.Second

// Exists reports whether the service's file is there.
func (s Setup) Exists() bool {
	_, err := os.Stat(s.File)
	return err == nil
}

// Show prints the file and the commands that start the service. It reports whether the file is there already, as it is.
func (s Setup) Show(out io.Writer) (unchanged bool) {
	old, err := os.ReadFile(s.File)
	unchanged = err == nil && bytes.Equal(old, s.Content)
	if unchanged {
		fmt.Fprintf(out, "unchanged: %s\n", s.File)
	} else {
		fmt.Fprintf(out, "%s:\n\n%s\n", s.File, human.Text(readable(s.Content)))
	}
	for _, c := range s.Start {
		fmt.Fprintf(out, "run: %s\n", human.Line(c.String()))
	}
	return unchanged
}

// readable is a document as people read it.
func readable(content []byte) string {
	text, marked := bytes.CutPrefix(content, []byte{0xff, 0xfe})
	if !marked {
		return string(content)
	}
	var units []uint16
	for ; len(text) > 1; text = text[2:] {
		units = append(units, uint16(text[0])|uint16(text[1])<<8)
	}
	return string(utf16.Decode(units))
}

// Install writes the file and starts the service, anew if it runs.
func (s Setup) Install(ctx context.Context, out io.Writer) error {
	if err := os.MkdirAll(filepath.Dir(s.File), 0o700); err != nil {
		return fmt.Errorf("making the folder of the service: %w", err)
	}
	if err := install.Replace(s.File, s.Content, 0o600); err != nil {
		return err
	}
	if err := run(ctx, s.Start); err != nil {
		return fmt.Errorf("%s is written, but %s did not start it: %w", s.File, s.Manager, err)
	}
	_, err := fmt.Fprintf(out, "It is running, and starts when you sign in. mcp-client doctor shows what it does.\n")
	return err
}

// Uninstall stops the service and deletes its file.
func (s Setup) Uninstall(ctx context.Context, out io.Writer) error {
	if err := run(ctx, s.Stop); err != nil {
		return fmt.Errorf("%s did not stop it: %w", s.Manager, err)
	}
	if err := os.Remove(s.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting the service: %w", err)
	}
	if err := run(ctx, s.After); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "Done. The stored access key and the list of what was sent are kept.\n")
	return err
}

func run(ctx context.Context, commands []Command) error {
	for _, c := range commands {
		if err := c.run(ctx); err != nil && !c.Optional {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}

// run runs the command. Its error has the first line of what it said.
func (c Command) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...) //nolint:gosec // the commands are those of this package
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	if line == "" {
		return err
	}
	return errors.New(human.Line(line))
}
