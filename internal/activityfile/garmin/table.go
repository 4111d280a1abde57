// Package garmin reads the list of activities of a Garmin account export.
package garmin

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
)

// A Table is a Garmin account export's list of activities, by start. The
// recordings lie in archives of their own, under names that say nothing; the
// list gives them their names, and stands in for recordings that are missing.
type Table struct {
	Lists      []List
	Activities []activity
}

// A List is a file that the table was read from.
type List struct {
	Path    string
	Rows    int
	Warning string
}

// Sort puts the activities in order of their starts.
func (t *Table) Sort() {
	slices.SortStableFunc(t.Activities, func(a, b activity) int { return cmp.Compare(a.start(), b.start()) })
}

// Read reads [{"summarizedActivitiesExport":[…]}], element by element.
func (t *Table) Read(r io.Reader, list *List, maxRows int) error {
	window := &xmldoc.TokenReader{Src: r}
	dec := json.NewDecoder(window)
	for depth := 0; ; {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			list.Warning = "the list is damaged: the rest was not read"
			return err
		case tok == json.Delim('['), tok == json.Delim('{'):
			depth++
		case tok == json.Delim(']'), tok == json.Delim('}'):
			depth--
		case tok == "summarizedActivitiesExport" && depth <= 2:
			if err := t.rows(dec, window, list, maxRows); err != nil {
				return err
			}
		}
		window.Since = 0
	}
}

func (t *Table) rows(dec *json.Decoder, window *xmldoc.TokenReader, list *List, maxRows int) error {
	if tok, err := dec.Token(); err != nil || tok != json.Delim('[') {
		return errors.Join(err, draft.ErrNoTable)
	}
	var raw json.RawMessage
	var a activity
	for dec.More() {
		window.Since = 0
		if err := dec.Decode(&raw); err != nil {
			list.Warning = "the list is damaged: the rest was not read"
			return err
		}
		if len(t.Activities) >= maxRows {
			list.Warning = fmt.Sprintf("the list has more than %d activities: the rest was not read", maxRows)
			return draft.ErrNoTable
		}
		a = activity{List: list.Path, Sum: sha256.Sum256(raw)}
		if err := json.Unmarshal(raw, &a); err != nil || math.IsNaN(a.start()) {
			list.Warning = "activities without a readable start were left out"
			continue
		}
		a.Name, a.Description, a.Kind = draft.Clip(a.Name, draft.MaxTitle), draft.Clip(a.Description, draft.MaxDescription), draft.Clip(a.Kind, draft.MaxTitle)
		if len(a.ActivityID) > draft.MaxTitle {
			a.ActivityID = ""
		}
		list.Rows++
		t.Activities = append(t.Activities, a)
	}
	_, err := dec.Token()
	return err
}

// Enrich adds the names and sports of the table to recordings, and returns
// Garmin's identifier of the activity, "" if it is not in the table.
func (t *Table) Enrich(drafts []draft.Draft) (id string) {
	for i := range drafts {
		d := &drafts[i]
		a := t.find(d)
		if a == nil {
			continue
		}
		a.Found = true
		d.Rec.Name, d.Rec.Description = a.Name, a.Description
		d.Rec.Sport = draft.Refine(d.Rec.Sport, draft.SportOf(a.Kind))
		a.describe(d)
		if d.Rec.UTCOffset == nil {
			d.Rec.UTCOffset = a.offset()
		}
		if id == "" {
			id = a.ActivityID.String()
		}
	}
	return id
}

// find returns the activity that began when d did.
func (t *Table) find(d *draft.Draft) *activity {
	const tolerance = 60 // s
	start := d.Start
	if math.IsNaN(start) && len(d.Samples) > 0 {
		start = d.Samples[0].T
	}
	from := sort.Search(len(t.Activities), func(i int) bool { return t.Activities[i].start() >= start-tolerance })
	var best *activity
	for i := from; i < len(t.Activities) && i < from+100 && t.Activities[i].start() <= start+tolerance; i++ {
		a := &t.Activities[i]
		if !a.Multisport() && (best == nil || math.Abs(a.start()-start) < math.Abs(best.start()-start)) {
			best = a
		}
	}
	return best
}
