package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
)

// man prints the program's manual page. The help texts are laid out for a terminal, so they stand in it as they are;
// cobra's generator would read them as Markdown, and brings a Markdown parser into every program.
func man() *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "Print the manual page, in roff",
		Args:   NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), manPage(cmd.Root()))
			return err
		},
	}
}

// manPage writes the page of a program with its commands, by the macros of man(7).
func manPage(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"Pierre %s\" \"Pierre\"\n", strings.ToUpper(root.Name()), buildinfo.Version())
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(root.Name()), roff(root.Short))
	manText(&b, ".SH SYNOPSIS", root.UseLine())
	manText(&b, ".SH DESCRIPTION", long(root))
	b.WriteString(".SH OPTIONS\n")
	manFlags(&b, root.Flags(), root.PersistentFlags())
	manText(&b, ".SH EXAMPLES", root.Example)
	b.WriteString(".SH COMMANDS\n")
	manCommands(&b, root)
	b.WriteString(".SH EXIT STATUS\n0 for success, 2 for a mistake in the command line or a setting, 1 for everything else that went wrong.\n")
	return b.String()
}

func manCommands(b *strings.Builder, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if cmd.Hidden || cmd.Name() == "help" {
			continue
		}
		manText(b, ".SS "+roff(cmd.CommandPath()), cmd.UseLine())
		manText(b, ".PP", long(cmd))
		manFlags(b, cmd.LocalNonPersistentFlags())
		manText(b, ".PP", cmd.Example)
		manCommands(b, cmd)
	}
}

func long(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short
}

// manText writes a text line by line, behind the macro that begins its part.
func manText(b *strings.Builder, macro, text string) {
	if text != "" {
		fmt.Fprintf(b, "%s\n.nf\n%s\n.fi\n", macro, roff(text))
	}
}

// manFlags writes a paragraph for each flag, with the default if it says anything.
func manFlags(b *strings.Builder, sets ...*pflag.FlagSet) {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets {
		all.AddFlagSet(set)
	}
	all.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR \\fI%s\\fR\n%s", roff(name), roff(kind), roff(usage))
		if !slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) {
			fmt.Fprintf(b, " (default %s)", roff(f.DefValue))
		}
		b.WriteString("\n")
	})
}

// roff escapes text: a line that begins with a dot or a quote would be a macro, a bare hyphen cannot be copied.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
