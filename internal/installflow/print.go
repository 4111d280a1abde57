package installflow

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/install"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
)

// A pasted entry is what --print --json says of one host.
type pasted struct {
	Host string `json:"host"`
	File string `json:"file"`
	Text string `json:"text"`
}

// print shows what to paste into each host's configuration. Where no host is found,
// it shows the form that most hosts take.
func (r *run) print(targets []install.Target, e install.Entry) error {
	if len(targets) == 0 {
		targets = []install.Target{install.GenericTarget()}
	}
	entries := make([]pasted, len(targets))
	for i, t := range targets {
		text, err := t.Text(r.opts.Name, e)
		if err != nil {
			return err
		}
		entries[i] = pasted{Host: t.Host.Name, File: t.File, Text: text}
	}
	if r.opts.JSON {
		return cli.WriteJSON(r.w.Stdout, entries)
	}
	var b strings.Builder
	for i, t := range targets {
		where := "goes into " + t.File
		if t.File == "" {
			where = "most hosts take this form"
		}
		fmt.Fprintf(&b, "%s: %s\n\n%s\n", t.Host.Title, where, entries[i].Text)
	}
	for _, w := range r.report.Warnings {
		fmt.Fprintf(&b, "Warning: %s\n", w)
	}
	b.WriteString("Nothing was changed (--print).\n")
	if _, err := fmt.Fprint(r.w.Stdout, human.Text(b.String())); err != nil {
		return errors.Join(errors.New("printing the entries"), err)
	}
	return nil
}
