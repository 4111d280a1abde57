package cli_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestRun(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx    context.Context
		args   []string
		fails  error
		want   int
		stderr string
	}{
		"success":      {t.Context(), nil, nil, 0, ""},
		"version":      {t.Context(), []string{"version"}, errors.New("unused"), 0, ""},
		"version flag": {t.Context(), []string{"--version"}, errors.New("unused"), 0, ""},
		"failure":      {t.Context(), nil, errors.New("no disk"), 1, "tool: no disk\n"},
		"usage":        {t.Context(), nil, cli.Usagef("no %s", "name"), 2, "tool: no name (tool --help shows how)\n"},
		"mistakes":     {t.Context(), nil, cli.Usage(errors.Join(errors.New("no a"), errors.New("no b"))), 2, "tool: no a\ntool: no b (tool --help shows how)\n"},
		"invalid":      {t.Context(), nil, pierre.Invalid("port", "no such port"), 2, "tool: no such port (tool --help shows how)\n"},
		"unknown flag": {t.Context(), []string{"--nope"}, nil, 2, "tool: unknown flag: --nope (tool --help shows how)\n"},
		"unknown word": {t.Context(), []string{"nope"}, nil, 2, "tool: there is no command \"nope\" (tool --help shows how)\n"},
		"cut-off flag": {t.Context(), []string{"--versio"}, nil, 2, "tool: unknown flag: --versio; did you mean --version? (tool --help shows how)\n"},
		"short flag":   {t.Context(), []string{"-x"}, nil, 2, "tool: unknown shorthand flag: 'x' in -x (tool --help shows how)\n"},
		"typo in word": {t.Context(), []string{"vresion"}, nil, 2, "tool: there is no command \"vresion\"; did you mean version? (tool --help shows how)\n"},
		"interrupted":  {cancelled, nil, context.Canceled, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			root := &cobra.Command{Use: "tool", Args: cli.NoArgs, RunE: func(*cobra.Command, []string) error { return tc.fails }}
			w := cli.World{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}
			if got := cli.Run(tc.ctx, root, tc.args, w); got != tc.want || stderr.String() != tc.stderr {
				t.Errorf("exit %d, stderr %q; want %d, %q", got, &stderr, tc.want, tc.stderr)
			}
		})
	}
}
