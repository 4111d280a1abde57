package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/pierre-mcp/pierre/internal/secret"
)

// terminal returns the terminal that the user types at; false if stdin is something else.
func (w world) terminal() (*os.File, bool) {
	f, ok := w.stdin.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// confirm asks a question; only "y" and "yes" are a yes.
func (w world) confirm(question string) (bool, error) {
	fmt.Fprintf(w.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(w.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading your answer: %w", err)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// askSecret asks for a secret without showing what is typed.
func (w world) askSecret(tty *os.File, prompt string) (secret.String, error) {
	fmt.Fprint(w.stderr, prompt)
	typed, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(w.stderr)
	if err != nil {
		return secret.String{}, fmt.Errorf("reading the key: %w", err)
	}
	return checkKey(string(typed))
}

// printable is text for a terminal: line breaks and tabs stay, what could steer the terminal does not.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		if r == '\r' {
			return -1
		}
		return '?'
	}, s)
}
