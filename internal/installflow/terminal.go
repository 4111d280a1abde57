package installflow

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/pierre-mcp/pierre/internal/cli"
)

// Terminal returns the terminal that the user types at; false if stdin is something else.
func Terminal(w cli.World) (*os.File, bool) {
	f, ok := w.Stdin.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// Confirm asks a question; only "y" and "yes" are a yes.
func Confirm(w cli.World, question string) (bool, error) {
	fmt.Fprintf(w.Stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(w.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading your answer: %w", err)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// AskSecret asks for a secret without showing what is typed.
func AskSecret(w cli.World, tty *os.File, prompt string) (string, error) {
	fmt.Fprint(w.Stderr, prompt)
	typed, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(w.Stderr)
	if err != nil {
		return "", fmt.Errorf("reading what was typed: %w", err)
	}
	return string(typed), nil
}
