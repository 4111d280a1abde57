package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/mcpclient"
	"github.com/pierre-mcp/pierre/internal/toolcall"
)

const toolsLong = `tools lists the tools that the server offers with your key; with NAME it shows one
of them with its arguments.

Without --url it uses the entry that "mcp-client install" wrote.`

const toolsExample = `  mcp-client tools
  mcp-client tools get_activities
  mcp-client tools --url http://127.0.0.1:8081 --json`

// terminalOptions are the flags of the commands with which people use the server.
type terminalOptions struct {
	name string
	json bool
}

func (o *terminalOptions) register(cmd *cobra.Command, jsonUsage string) {
	registerName(cmd, &o.name)
	cmd.Flags().BoolVar(&o.json, "json", false, jsonUsage)
}

// registerName adds the flag that says which installed entry is used without --url.
func registerName(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "name", connection.DefaultEntry, "without --url: use the installed entry of this `name`")
}

// converse opens a conversation; its error says where to put a key if the server wants one and there is none.
func converse(ctx context.Context, e connection.Endpoint) (*mcpclient.Client, error) {
	e, last := e.Recorded()
	c, err := mcpclient.Connect(ctx, e)
	if err == nil {
		return c, nil
	}
	status, _ := last.Get()
	if missing := e.MissingKey(status); missing != nil {
		return nil, missing
	}
	return nil, err
}

func newToolsCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(terminalOptions)
	cmd := &cobra.Command{
		Use:     "tools [NAME]",
		Short:   "List the server's tools",
		Long:    toolsLong,
		Example: toolsExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.Usagef("tools takes the name of one tool, or none")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			conn.OrInstalled(w.Getenv, opts.name)
			return listTools(cmd.Context(), w, conn, opts, args)
		},
	}
	opts.register(cmd, "print the tools as the server describes them, as JSON")
	return cmd
}

func listTools(ctx context.Context, w cli.World, conn *connection.Settings, opts *terminalOptions, names []string) error {
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	c, err := converse(ctx, e)
	if err != nil {
		return err
	}
	defer c.Close()
	tools, raw, err := c.Tools(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if opts.json {
			return cli.WriteJSON(w.Stdout, append([]json.RawMessage{}, raw...))
		}
		return toolcall.PrintList(w.Stdout, tools)
	}
	i, err := toolcall.Find(tools, names[0])
	if err != nil {
		return err
	}
	if opts.json {
		return cli.WriteJSON(w.Stdout, raw[i])
	}
	return toolcall.PrintTool(w.Stdout, tools[i])
}
