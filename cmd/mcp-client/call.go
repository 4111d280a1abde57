package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

const callLong = `call calls one of the server's tools and prints the text of its result.

Arguments are NAME=VALUE, read as the tool's schema says: a number where it wants a
number, a list as a,b,c or as JSON. --args takes all of them as one JSON object;
"--args -" reads it from stdin.

The exit code is 1 if the tool reports an error. A call counts against the limit of
your key. Without --url, call uses the entry that "mcp-client install" wrote.`

const callExample = `  mcp-client call get_activities limit=5 sport_type=run
  mcp-client call get_activities --args '{"limit":5}' --json | jq .structuredContent
  mcp-client call get_chart kind=load after=2026-01-01 --output form.png`

func newCallCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(terminalOptions)
	var args, output string
	cmd := &cobra.Command{
		Use:     "call TOOL [NAME=VALUE]...",
		Short:   "Call one of the server's tools",
		Long:    callLong,
		Example: callExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef(`call needs the name of a tool; "mcp-client tools" lists them`)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			whole, err := toolcall.WholeArguments(w.Stdin, args, given[1:])
			if err != nil {
				return err
			}
			conn.OrInstalled(w.Getenv, opts.name)
			return callTool(cmd.Context(), w, conn, opts, toolCall{name: given[0], pairs: given[1:], whole: whole, output: output})
		},
	}
	opts.register(cmd, "print the whole result as JSON")
	cmd.Flags().StringVar(&args, "args", "", "all arguments as one `JSON` object; - reads it from stdin")
	cmd.Flags().StringVar(&output, "output", "", "save the picture of the result in this `FILE`")
	return cmd
}

// A toolCall is what the user wants to call.
type toolCall struct {
	name  string
	pairs []string        // NAME=VALUE
	whole json.RawMessage // or all arguments; nil if pairs counts

	output string // the file of the picture; "": none
}

func callTool(ctx context.Context, w cli.World, conn *connection.Settings, opts *terminalOptions, call toolCall) error {
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	if e.Header.Get(pierre.HeaderTools) == "" { // whoever names a tool need not read the list
		e.Header.Set(pierre.HeaderTools, string(pierre.ProfileFull))
	}
	c, err := converse(ctx, e)
	if err != nil {
		return err
	}
	defer c.Close()
	tools, _, err := c.Tools(ctx)
	if err != nil {
		return err
	}
	i, err := toolcall.Find(tools, call.name)
	if err != nil {
		return err
	}
	arguments := call.whole
	if arguments == nil {
		if arguments, err = toolcall.PairArguments(tools[i].InputSchema, call.pairs); err != nil {
			return err
		}
	}
	raw, err := c.Request(ctx, "tools/call", map[string]any{"name": call.name, "arguments": arguments})
	if err != nil {
		return err
	}
	if err := toolcall.PrintResult(w.Stdout, raw, opts.json); err != nil || call.output == "" {
		return err
	}
	picture, err := toolcall.Picture(raw)
	if err != nil {
		return err
	}
	if err := os.WriteFile(call.output, picture, 0o600); err != nil {
		return fmt.Errorf("saving the picture: %w", err)
	}
	return nil
}
