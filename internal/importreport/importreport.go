// Package importreport tells a person at a terminal how far an import is and what
// became of it: what needs attention, what was found, what to ask now. The same
// report for machines is JSON of pierre.ImportReport.
package importreport

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// ErrNothing means that there was no file to import.
var ErrNothing = errors.New("nothing to import: there is no ." + strings.Join(formats.Recordings(), ", .") + " or .zip file")

const (
	// Bounds of what is printed of files that need attention.
	maxGroups      = 20
	maxFilesListed = 5
)

// Options say what is printed.
type Options struct {
	Verbose bool // every file, with its outcome
	Others  int  // files of other kinds that were left out
}

// Write prints a report: the files that need attention, or all of them; what was found; and a question to ask.
func Write(out io.Writer, r pierre.ImportReport, opts Options) error {
	var b strings.Builder
	if opts.Verbose {
		for _, row := range r.Files {
			writeRow(&b, row)
		}
	} else {
		writeAttention(&b, r.Files)
	}
	b.WriteString(foundText(r) + "\n")
	b.WriteString(daysText(r.Files))
	b.WriteString(summaryText(r.Summary, opts.Others) + "\n")
	if q := question(r.Files); q != "" {
		b.WriteString("Ask now: “" + q + "”\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// writeRow writes a line about one file, with its reason and its warnings below.
func writeRow(b *strings.Builder, row pierre.ImportRow) {
	fmt.Fprintf(b, "%-9s  %s\n", row.Status, human.Line(row.File))
	notes := []string{row.Reason}
	for _, d := range row.Days {
		notes = append(notes, dayText(d))
	}
	for _, note := range append(notes, row.Warnings...) {
		if note != "" {
			fmt.Fprintf(b, "%-9s    %s\n", "", human.Line(note))
		}
	}
}

// A group is what is the same about several files.
type group struct {
	kind, note string // failed or warning, and what it says
	files      []string
}

// writeAttention writes the failures and the warnings, the files of each together.
func writeAttention(b *strings.Builder, rows []pierre.ImportRow) {
	groups := attention(rows)
	for i, g := range groups {
		if i == maxGroups {
			more := 0
			for _, rest := range groups[i:] {
				more += len(rest.files)
			}
			fmt.Fprintf(b, "… and %s more; --verbose shows every file\n", human.Plural(more, "file"))
			break
		}
		fmt.Fprintf(b, "%-9s  %s: %s\n", g.kind, human.Plural(len(g.files), "file"), human.Line(g.note))
		for n, file := range g.files {
			if n == maxFilesListed {
				fmt.Fprintf(b, "%-9s    … and %s more; --verbose shows every file\n", "", human.Count(len(g.files)-n))
				break
			}
			fmt.Fprintf(b, "%-9s    %s\n", "", human.Line(file))
		}
	}
	if len(groups) > 0 {
		b.WriteString("\n")
	}
}

// attention groups the failures and the warnings by what they say, failures first.
func attention(rows []pierre.ImportRow) []group {
	var failures, warnings []group
	at := map[string]int{}
	add := func(list []group, kind, note, file string) []group {
		i, known := at[kind+note]
		if !known {
			i = len(list)
			at[kind+note] = i
			list = append(list, group{kind: kind, note: note})
		}
		list[i].files = append(list[i].files, file)
		return list
	}
	for _, row := range rows {
		if row.Status == pierre.ImportFailed {
			failures = add(failures, "failed", row.Reason, row.File)
		}
		for _, note := range row.Warnings {
			warnings = add(warnings, "warning", note, row.File)
		}
	}
	return append(failures, warnings...)
}

// summaryText sums the rows up.
func summaryText(s pierre.ImportSummary, others int) string {
	parts := []string{human.Count(s.Imported) + " imported", human.Plural(s.Duplicate, "duplicate"), human.Count(s.Skipped) + " skipped", human.Count(s.Failed) + " failed"}
	text := human.Plural(s.Files, "file") + ": " + strings.Join(parts, ", ")
	if others > 0 {
		text += "; " + human.Plural(others, "file") + " of other kinds left out"
	}
	return text + "."
}

// Failed is the error of an import some of whose files failed.
func Failed(s pierre.ImportSummary) error {
	if s.Failed == 0 {
		return nil
	}
	return fmt.Errorf("%s of %s failed", human.Count(s.Failed), human.Plural(s.Files, "file"))
}
