package importreport_test

import (
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importreport"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestReport(t *testing.T) {
	var out strings.Builder
	row := pierre.ImportRow{File: "a\x1b[2Jb.fit", Status: pierre.ImportImported, Warnings: []string{"the checksum is wrong"}}
	if err := importreport.Row(&out, row); err != nil {
		t.Fatal(err)
	}
	if err := importreport.Summary(&out, pierre.ImportSummary{Files: 1, Imported: 1, Activities: 5}, "; 2 files of other kinds left out"); err != nil {
		t.Fatal(err)
	}
	const want = "imported   a?[2Jb.fit\n             the checksum is wrong\n" +
		"1 file: 1 imported (5 new activities), 0 duplicate, 0 skipped, 0 failed; 2 files of other kinds left out.\n"
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", &out, want)
	}
}
