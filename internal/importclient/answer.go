package importclient

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

var errNoReport = &refusedError{msg: "the server's answer is not a report: is this a Pierre server?"}

// An answer is what a server says to an upload, as far as it is read. Servers that
// stream send lines ([pierre.ImportLine]); one that does not sends the report alone;
// the first version sent a line for each file, and the summary at the end.
type answer struct {
	item   Item
	watch  Watcher
	report pierre.ImportReport
	ended  bool
}

// readAnswer reads an answer of at most so many bytes up to its report, and tells watch of the server's progress.
func readAnswer(body io.Reader, most int64, it Item, watch Watcher) (pierre.ImportReport, error) {
	limited := &io.LimitedReader{R: body, N: most}
	lines := json.NewDecoder(limited)
	a := &answer{item: it, watch: watch}
	for !a.ended {
		var line json.RawMessage
		err := lines.Decode(&line)
		_, malformed := errors.AsType[*json.SyntaxError](err)
		switch {
		case malformed:
			return a.report, errNoReport
		case err != nil && limited.N <= 0:
			return a.report, &refusedError{msg: "the server's report is larger than " + human.Bytes(most)}
		case err != nil:
			return a.report, &cutOffError{err}
		}
		if err := a.line(line); err != nil {
			return a.report, err
		}
	}
	for i := range a.report.Files {
		a.report.Files[i].File = it.locate(a.report.Files[i].File)
	}
	return a.report, nil
}

// line takes one line of an answer.
func (a *answer) line(line json.RawMessage) error {
	var about struct {
		Type    string          `json:"type"`
		File    string          `json:"file"`
		Summary json.RawMessage `json:"summary"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(line, &about) != nil {
		return errNoReport
	}
	switch {
	case about.Type == pierre.ImportLineProgress:
		var now pierre.ImportProgress
		if json.Unmarshal(line, &now) != nil {
			return errNoReport
		}
		a.watch.Progress(a.item.Path, now)
	case about.Type == pierre.ImportLineError:
		return failureOf(line)
	case about.Error != nil:
		return failureOf(about.Error)
	case about.Summary != nil:
		var rest pierre.ImportReport
		if json.Unmarshal(line, &rest) != nil {
			return errNoReport
		}
		a.report.Files, a.report.Omitted = append(a.report.Files, rest.Files...), rest.Omitted
		a.report.Summary, a.ended = rest.Summary, true
		if rest.Omitted < 0 || len(a.report.Files)+rest.Omitted != rest.Summary.Files {
			return errNoReport // it contradicts itself
		}
	case about.File != "":
		var row pierre.ImportRow
		if json.Unmarshal(line, &row) != nil {
			return errNoReport
		}
		a.report.Files = append(a.report.Files, row)
		a.watch.Progress(a.item.Path, pierre.ImportProgress{FilesDone: len(a.report.Files), Current: row.File})
	}
	return nil
}

// failureOf reads why there is no report: a problem document.
func failureOf(document json.RawMessage) error {
	var p problem
	if json.Unmarshal(document, &p) != nil {
		return errNoReport
	}
	return &refusedError{p.Status, p.Detail}
}
