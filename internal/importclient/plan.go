package importclient

import (
	"fmt"
	"io"
	"strings"

	"github.com/pierre-mcp/pierre/internal/human"
)

// WritePlan lists what would be sent, and counts the files of other kinds that would not.
func WritePlan(out io.Writer, items []Item, others int) error {
	var b strings.Builder
	for _, it := range items {
		as := ""
		if it.Files != nil {
			as = fmt.Sprintf(" (an account export: %s as one archive)", human.Plural(len(it.Files), "file"))
		}
		fmt.Fprintf(&b, "%9s  %s%s\n", human.Bytes(it.Size), human.Line(it.Path), as)
	}
	left := ""
	if others > 0 {
		left = fmt.Sprintf("; %s of other kinds left out", human.Plural(others, "file"))
	}
	fmt.Fprintf(&b, "%s, %s, would be sent%s.\n", human.Plural(len(items), "upload"), human.Bytes(Size(items)), left)
	_, err := io.WriteString(out, b.String())
	return err
}

// Size is how many bytes items have, before any compression.
func Size(items []Item) int64 {
	var total int64
	for _, it := range items {
		total += it.Size
	}
	return total
}

// Paths are the items' paths.
func Paths(items []Item) []string {
	paths := make([]string, len(items))
	for i, it := range items {
		paths[i] = it.Path
	}
	return paths
}
