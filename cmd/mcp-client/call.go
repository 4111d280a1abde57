package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
)

const callLong = `call calls one of the server's tools and prints the text of its result.

Arguments are NAME=VALUE, read as the tool's schema says: a number where it wants a
number, a list as a,b,c or as JSON. --args takes all of them as one JSON object;
"--args -" reads it from stdin.

The exit code is 1 if the tool reports an error. A call counts against the limit of
your key. Without --url, call uses the entry that "mcp-client install" wrote.`

const callExample = `  mcp-client call get_activities limit=5 sport_type=run
  mcp-client call get_activities --args '{"limit":5}' --json | jq .structuredContent`

func newCallCmd(w cli.World, conn *connection) *cobra.Command {
	opts := new(terminalOptions)
	var args string
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
			whole, err := wholeArguments(w.Stdin, args, given[1:])
			if err != nil {
				return err
			}
			conn.orInstalled(w.Getenv, opts.name)
			return callTool(cmd.Context(), w, conn, opts, toolCall{name: given[0], pairs: given[1:], whole: whole})
		},
	}
	opts.register(cmd, "print the whole result as JSON")
	cmd.Flags().StringVar(&args, "args", "", "all arguments as one `JSON` object; - reads it from stdin")
	return cmd
}

// A toolCall is what the user wants to call.
type toolCall struct {
	name  string
	pairs []string        // NAME=VALUE
	whole json.RawMessage // or all arguments; nil if pairs counts
}

// maxArguments bounds the arguments that are read from stdin.
const maxArguments = 16 << 20

// wholeArguments reads --args; nil if it was not given.
func wholeArguments(stdin io.Reader, args string, pairs []string) (json.RawMessage, error) {
	if args == "" {
		return nil, nil
	}
	if len(pairs) > 0 {
		return nil, cli.Usagef("--args and NAME=VALUE exclude each other")
	}
	text := []byte(args)
	if args == "-" {
		var err error
		if text, err = io.ReadAll(io.LimitReader(stdin, maxArguments)); err != nil {
			return nil, fmt.Errorf("reading the arguments from stdin: %w", err)
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, cli.Usagef("--args is not a JSON object")
	}
	return bytes.TrimSpace(text), nil
}

func callTool(ctx context.Context, w cli.World, conn *connection, opts *terminalOptions, call toolCall) error {
	e, err := conn.endpoint(w.Getenv)
	if err != nil {
		return err
	}
	c, err := e.converse(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	tools, _, err := c.tools(ctx)
	if err != nil {
		return err
	}
	i, err := findTool(tools, call.name)
	if err != nil {
		return err
	}
	arguments := call.whole
	if arguments == nil {
		if arguments, err = pairArguments(tools[i].InputSchema, call.pairs); err != nil {
			return err
		}
	}
	raw, err := c.request(ctx, "tools/call", map[string]any{"name": call.name, "arguments": arguments})
	if err != nil {
		return err
	}
	return printResult(w.Stdout, raw, opts.json)
}

// pairArguments reads NAME=VALUE pairs as the schema of the tool says.
func pairArguments(s schema, pairs []string) (json.RawMessage, error) {
	arguments := make(map[string]json.RawMessage, len(pairs))
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, cli.Usagef("%q must look like NAME=VALUE", pair)
		}
		if _, twice := arguments[name]; twice {
			return nil, cli.Usagef("the argument %s is given twice", name)
		}
		value, err := s.Properties[name].read(text)
		if err != nil {
			return nil, cli.Usagef("the argument %s: %w", name, err)
		}
		arguments[name] = value
	}
	raw, err := json.Marshal(arguments)
	if err != nil {
		return nil, fmt.Errorf("encoding the arguments: %w", err)
	}
	return raw, nil
}

// read makes a JSON value of text. Without a schema, text that is JSON is that value, other text is a string.
func (p property) read(text string) (json.RawMessage, error) {
	kinds := p.kinds()
	asJSON := json.Valid([]byte(text))
	switch {
	case asJSON && (len(kinds) == 0 || fits(kindOf(text), kinds)):
		return json.RawMessage(text), nil
	case len(kinds) == 0 || slices.Contains(kinds, "string"):
		return json.Marshal(text)
	case slices.Contains(kinds, "array"):
		return p.readList(text)
	default:
		return nil, fmt.Errorf("%q is not of the type %s", text, strings.Join(kinds, " or "))
	}
}

// kindOf is the type, in the words of JSON Schema, of a valid JSON text that is not quoted text: that is taken literally.
func kindOf(text string) string {
	switch strings.TrimSpace(text)[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '"':
		return ""
	}
	if strings.ContainsAny(text, ".eE") {
		return "number"
	}
	return "integer"
}

func fits(kind string, kinds []string) bool {
	return slices.Contains(kinds, kind) || kind == "integer" && slices.Contains(kinds, "number")
}

func (p property) readList(text string) (json.RawMessage, error) {
	var item property
	if len(p.Items) > 0 {
		_ = json.Unmarshal(p.Items, &item) // a schema of another form says nothing about the type
	}
	var list []json.RawMessage
	for part := range strings.SplitSeq(text, ",") {
		v, err := item.read(part)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return json.Marshal(list)
}

// errTool means that the tool itself reports an error; what it says is on stdout.
var errTool = errors.New("the tool reports an error")

func printResult(out io.Writer, raw json.RawMessage, whole bool) error {
	var result struct {
		Content []struct {
			Type     string `json:"type"`
			Text     string `json:"text"`
			MIMEType string `json:"mimeType"`
			URI      string `json:"uri"`
			Resource struct {
				URI  string `json:"uri"`
				Text string `json:"text"`
			} `json:"resource"`
		} `json:"content"`
		IsError bool `json:"isError"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return fmt.Errorf("reading the result: %w", err)
	}
	var err error
	if whole {
		err = printJSON(out, raw)
	} else {
		var b strings.Builder
		for _, c := range result.Content {
			switch {
			case c.Type == "text":
				b.WriteString(strings.TrimRight(c.Text, "\n") + "\n")
			case c.Type == "resource" && c.Resource.Text != "":
				b.WriteString(strings.TrimRight(c.Resource.Text, "\n") + "\n")
			default:
				fmt.Fprintf(&b, "[%s %s; --json shows it]\n", c.Type, orElse(c.MIMEType, orElse(c.URI, c.Resource.URI)))
			}
		}
		_, err = io.WriteString(out, human.Text(b.String()))
	}
	if err == nil && result.IsError {
		err = errTool
	}
	return err
}
