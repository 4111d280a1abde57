// Package cli holds what every program's command line has in common: its
// surroundings, settings from flags and environment variables, exit codes,
// one-line errors, the version command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A World is everything that a program sees of its surroundings, so that tests can replace them.
type World struct {
	Getenv         func(string) string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// A usageError is a mistake in the command line or the environment.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks err as a mistake in the command line or the environment: exit code 2.
func Usage(err error) error { return usageError{err} }

// Usagef is [Usage] of a new error.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run runs the program whose command tree is root and returns its exit code: 0
// for success and for an end that was asked for, 2 for a usage mistake or a
// value that the domain calls invalid, 1 for everything else that went wrong.
// An error is one line on stderr; mistakes that are reported together are a line each.
func Run(ctx context.Context, root *cobra.Command, args []string, w World) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(unknownFlag)
	root.AddCommand(version(root.Name()), man())
	root.Flags().Bool("version", false, "print the version")
	root.SetArgs(append([]string{}, versionCommand(args)...)) // for nil, cobra takes the process's own
	root.SetIn(w.Stdin)
	root.SetOut(w.Stdout)
	root.SetErr(w.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	if _, ok := errors.AsType[usageError](err); ok || pierre.KindOf(err) == pierre.KindInvalid {
		lines := strings.Split(err.Error(), "\n")
		lines[len(lines)-1] += " (" + root.Name() + " --help shows how)"
		for _, line := range lines {
			fmt.Fprintf(w.Stderr, "%s: %s\n", root.Name(), line)
		}
		return 2
	}
	fmt.Fprintf(w.Stderr, "%s: %s\n", root.Name(), strings.ReplaceAll(err.Error(), "\n", "; "))
	return 1
}

// versionCommand makes --version the command of that name. Cobra's own flag prints a line of another form, and its
// template for it links text/template, which keeps every exported method and makes the client a fifth larger.
func versionCommand(args []string) []string {
	flags := args
	if i := slices.Index(args, "--"); i >= 0 {
		flags = args[:i]
	}
	if slices.Contains(flags, "--version") {
		return []string{"version"}
	}
	return args
}

// NoArgs refuses positional arguments: a mistyped command must not start something else.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Usagef("there is no command %q%s", args[0], meant(cmd, args[0]))
	}
	return nil
}

func version(program string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), buildinfo.Line(program))
			return err
		},
	}
}
