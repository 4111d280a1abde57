package cli_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
)

func TestManPage(t *testing.T) {
	root := &cobra.Command{Use: "tool URL", Short: "Do things", Long: "tool does\n.things\n'quoted' with C:\\n", Example: "  tool --deep x", Run: func(*cobra.Command, []string) {}}
	root.Flags().StringP("deep", "d", "down", "how `far` it goes [DEEP]")
	sub := &cobra.Command{Use: "sub NAME", Short: "Do less", Run: func(*cobra.Command, []string) {}}
	sub.Flags().Bool("dry-run", false, "only say it")
	secret := &cobra.Command{Use: "inner", Hidden: true, Run: func(*cobra.Command, []string) {}}
	root.AddCommand(sub, secret)
	var out strings.Builder
	if code := cli.Run(t.Context(), root, []string{"man"}, cli.World{Stdout: &out, Stderr: &out}); code != 0 {
		t.Fatalf("exit %d: %s", code, out.String())
	}
	for _, want := range []string{
		".TH TOOL 1 \"\" \"Pierre ", "\n.SH NAME\ntool \\- Do things\n", "\ntool does\n\\&.things\n\\&'quoted' with C:\\en\n",
		".TP\n\\fB\\-d, \\-\\-deep\\fR \\fIfar\\fR\nhow far it goes [DEEP] (default down)\n", "\n  tool \\-\\-deep x\n",
		".SS tool sub\n", "\\fB\\-\\-dry\\-run\\fR \\fI\\fR\nonly say it\n", ".SH EXIT STATUS\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "inner") || strings.Contains(out.String(), "default false") {
		t.Errorf("the page has what is hidden:\n%s", out.String())
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not here to read the page")
	}
	read := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z")
	read.Stdin = strings.NewReader(out.String())
	if complaints, err := read.CombinedOutput(); err != nil || len(complaints) > 0 {
		t.Errorf("groff: %v\n%s", err, complaints)
	}
}
