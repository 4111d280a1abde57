// Package importreport tells a person at a terminal what became of an import. The
// same report for machines is JSON of pierre.ImportReport.
package importreport

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Row writes a line about one file, with its reason and its warnings below.
func Row(out io.Writer, row pierre.ImportRow) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%-9s  %s\n", row.Status, Plain(row.File))
	for _, note := range append([]string{row.Reason}, row.Warnings...) {
		if note != "" {
			fmt.Fprintf(&b, "%-9s    %s\n", "", Plain(note))
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

// Summary writes a line that sums the rows up, with what else there is to say at its end.
func Summary(out io.Writer, s pierre.ImportSummary, also string) error {
	_, err := fmt.Fprintf(out, "%s: %d imported (%s), %d duplicate, %d skipped, %d failed%s.\n",
		Plural(s.Files, "file"), s.Imported, Plural(s.Activities, "new activity"), s.Duplicate, s.Skipped, s.Failed, also)
	return err
}

// Plural returns "1 file", "2 files", "3 activities".
func Plural(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Plain keeps a file's or a server's text from steering the terminal.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
