package web

import (
	"encoding/csv"
	"net/http"
	"strings"
)

// WriteCSV writes a table as a file for download, the first row being its head (RFC 4180). A cell that a spreadsheet would
// take for a formula gets an apostrophe before it.
func WriteCSV(w http.ResponseWriter, fileName string, rows [][]string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="`+fileName+`"`)
	table := csv.NewWriter(w)
	for _, row := range rows {
		safe := make([]string, len(row))
		for n, cell := range row {
			if safe[n] = cell; cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				safe[n] = "'" + cell
			}
		}
		if err := table.Write(safe); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
