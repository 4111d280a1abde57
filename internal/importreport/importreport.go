// Package importreport tells a person at a terminal what became of an import. The
// same report for machines is JSON of pierre.ImportReport.
package importreport

import (
	"bytes"
	"fmt"
	"io"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Row writes a line about one file, with its reason and its warnings below.
func Row(out io.Writer, row pierre.ImportRow) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%-9s  %s\n", row.Status, human.Line(row.File))
	for _, note := range append([]string{row.Reason}, row.Warnings...) {
		if note != "" {
			fmt.Fprintf(&b, "%-9s    %s\n", "", human.Line(note))
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

// Summary writes a line that sums the rows up, with what else there is to say at its end.
func Summary(out io.Writer, s pierre.ImportSummary, also string) error {
	_, err := fmt.Fprintf(out, "%s: %d imported (%s), %d duplicate, %d skipped, %d failed%s.\n",
		human.Plural(s.Files, "file"), s.Imported, human.Plural(s.Activities, "new activity"), s.Duplicate, s.Skipped, s.Failed, also)
	return err
}
