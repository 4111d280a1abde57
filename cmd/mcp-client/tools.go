package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
)

const toolsLong = `tools lists the tools that the server offers with your key; with NAME it shows one
of them with its arguments.

Without --url it uses the entry that "mcp-client install" wrote.`

const toolsExample = `  mcp-client tools
  mcp-client tools get_activities
  mcp-client tools --url http://127.0.0.1:8080 --json`

// terminalOptions are the flags of the commands with which people use the server.
type terminalOptions struct {
	name string
	json bool
}

func (o *terminalOptions) register(cmd *cobra.Command, jsonUsage string) {
	cmd.Flags().StringVar(&o.name, "name", defaultName, "without --url: use the installed entry of this name")
	cmd.Flags().BoolVar(&o.json, "json", false, jsonUsage)
}

func newToolsCmd(w cli.World, conn *connection) *cobra.Command {
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
			conn.orInstalled(w.Getenv, opts.name)
			return listTools(cmd.Context(), w, conn, opts, args)
		},
	}
	opts.register(cmd, "print the tools as the server describes them, as JSON")
	return cmd
}

func listTools(ctx context.Context, w cli.World, conn *connection, opts *terminalOptions, names []string) error {
	e, err := conn.endpoint(w.Getenv)
	if err != nil {
		return err
	}
	c, err := e.converse(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	tools, raw, err := c.tools(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if opts.json {
			return printJSON(w.Stdout, append([]json.RawMessage{}, raw...))
		}
		return printTools(w.Stdout, tools)
	}
	i, err := findTool(tools, names[0])
	if err != nil {
		return err
	}
	if opts.json {
		return printJSON(w.Stdout, raw[i])
	}
	return printTool(w.Stdout, tools[i])
}

func findTool(tools []tool, name string) (int, error) {
	i := slices.IndexFunc(tools, func(t tool) bool { return t.Name == name })
	if i < 0 {
		return i, fmt.Errorf("the server offers no tool %q with your key; there are: %s", name, human.Text(strings.Join(toolNames(tools), ", ")))
	}
	return i, nil
}

func toolNames(tools []tool) []string {
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name
	}
	slices.Sort(names)
	return names
}

func printTools(out io.Writer, tools []tool) error {
	var b strings.Builder
	for _, t := range tools {
		fmt.Fprintf(&b, "%s\n%s", t.Name, wrap(t.Description, "    "))
	}
	_, err := io.WriteString(out, human.Text(b.String()))
	return err
}

func printTool(out io.Writer, t tool) error {
	var b strings.Builder
	b.WriteString(t.Name)
	if t.Title != "" {
		b.WriteString(" (" + t.Title + ")")
	}
	b.WriteString("\n" + wrap(t.Description, "    "))
	if len(t.InputSchema.Properties) > 0 {
		b.WriteString("\nArguments:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(t.InputSchema.Properties)) {
		p := t.InputSchema.Properties[name]
		fmt.Fprintf(&b, "  %s  %s\n%s", name, p.facts(slices.Contains(t.InputSchema.Required, name)), wrap(p.Description, "      "))
	}
	_, err := io.WriteString(out, human.Text(b.String()))
	return err
}

// facts says in one line what an argument may be.
func (p property) facts(required bool) string {
	var facts []string
	if kinds := p.kinds(); len(kinds) > 0 {
		facts = append(facts, strings.Join(kinds, " or "))
	}
	if required {
		facts = append(facts, "required")
	}
	if len(p.Enum) > 0 {
		var values []string
		for _, v := range p.Enum {
			values = append(values, fmt.Sprint(v))
		}
		facts = append(facts, "one of "+strings.Join(values, ", "))
	}
	if p.Minimum != nil {
		facts = append(facts, "at least "+decimal(*p.Minimum))
	}
	if p.Maximum != nil {
		facts = append(facts, "at most "+decimal(*p.Maximum))
	}
	if p.Default != nil {
		facts = append(facts, fmt.Sprintf("default %v", p.Default))
	}
	return strings.Join(facts, ", ")
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// kinds are the JSON types that an argument may have.
func (p property) kinds() []string {
	var one string
	var several []string
	switch {
	case json.Unmarshal(p.Type, &one) == nil:
		return []string{one}
	case json.Unmarshal(p.Type, &several) == nil:
		return several
	default:
		return nil
	}
}

// wrap breaks text into lines of at most 80 characters, paragraph by paragraph.
func wrap(text, indent string) string {
	const width = 80
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line := indent
		for word := range strings.FieldsSeq(paragraph) {
			if len(line)+len(" ")+len(word) > width && line != indent {
				b.WriteString(line + "\n")
				line = indent
			}
			if line != indent {
				line += " "
			}
			line += word
		}
		if line != indent {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
