package activityfile

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// garminFolder is the folder of a Garmin account export that holds its data.
const garminFolder = "DI_CONNECT"

// A garminTable is a Garmin account export's list of activities, by start. The
// recordings lie in archives of their own, under names that say nothing; the
// list gives them their names, and stands in for recordings that are missing.
type garminTable struct {
	lists      []garminList
	activities []garminActivity
}

// A garminList is a file that the table was read from.
type garminList struct {
	path    string
	rows    int
	warning string
}

// garmin reads the lists of a Garmin account export among the files of b, and
// notes in in what they say about its other files.
func (w *walker) garmin(ctx context.Context, b *bundle, in *scope) error {
	var table garminTable
	for _, e := range b.entries {
		if before, _, ok := strings.Cut("/"+e.path, "/"+garminFolder+"/"); ok {
			b.claim(path.Join(strings.TrimPrefix(before, "/"), garminFolder), pierre.ProviderGarmin)
		}
		name := strings.ToLower(path.Base(e.path))
		if e.problem != "" || !strings.Contains(name, "summarizedactivities") || path.Ext(name) != ".json" {
			continue
		}
		list := garminList{path: e.path}
		err := w.garminList(ctx, e, &table, &list)
		if err != nil && (list.rows == 0 || ctx.Err() != nil) {
			if err := w.passOver(ctx, e, err); err != nil {
				return err
			}
			continue
		}
		e.taken = true
		table.lists = append(table.lists, list)
	}
	if len(table.lists) > 0 {
		slices.SortStableFunc(table.activities, func(a, b garminActivity) int { return compareStarts(a, b) })
		in.garmin = &table
	}
	return nil
}

func compareStarts(a, b garminActivity) int {
	switch x, y := a.start(), b.start(); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// garminList reads [{"summarizedActivitiesExport":[…]}], element by element.
func (w *walker) garminList(ctx context.Context, e *entry, table *garminTable, list *garminList) error {
	r, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	w.ahead.at(e.path)
	window := &tokenReader{src: r}
	dec := json.NewDecoder(window)
	for depth := 0; ; {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			list.warning = "the list is damaged: the rest was not read"
			return err
		case tok == json.Delim('['), tok == json.Delim('{'):
			depth++
		case tok == json.Delim(']'), tok == json.Delim('}'):
			depth--
		case tok == "summarizedActivitiesExport" && depth <= 2:
			if err := w.garminRows(dec, window, table, list); err != nil {
				return err
			}
		}
		window.since = 0
	}
}

func (w *walker) garminRows(dec *json.Decoder, window *tokenReader, table *garminTable, list *garminList) error {
	if tok, err := dec.Token(); err != nil || tok != json.Delim('[') {
		return errors.Join(err, errNoTable)
	}
	var raw json.RawMessage
	var a garminActivity
	for dec.More() {
		window.since = 0
		if err := dec.Decode(&raw); err != nil {
			list.warning = "the list is damaged: the rest was not read"
			return err
		}
		if len(table.activities) >= w.limits.Rows {
			list.warning = fmt.Sprintf("the list has more than %d activities: the rest was not read", w.limits.Rows)
			return errNoTable
		}
		a = garminActivity{list: list.path, sum: sha256.Sum256(raw)}
		if err := json.Unmarshal(raw, &a); err != nil || math.IsNaN(a.start()) {
			list.warning = "activities without a readable start were left out"
			continue
		}
		a.Name, a.Description, a.Kind = clip(a.Name, maxTitle), clip(a.Description, maxDescription), clip(a.Kind, maxTitle)
		if len(a.ActivityID) > maxTitle {
			a.ActivityID = ""
		}
		list.rows++
		table.activities = append(table.activities, a)
	}
	_, err := dec.Token()
	return err
}

// enrich adds the names and sports of the table to recordings, and returns
// Garmin's identifier of the activity, "" if it is not in the table.
func (t *garminTable) enrich(drafts []draft) (id string) {
	for i := range drafts {
		d := &drafts[i]
		a := t.find(d)
		if a == nil {
			continue
		}
		a.found = true
		d.rec.Name, d.rec.Description = a.Name, a.Description
		d.rec.Sport = refine(d.rec.Sport, sportOf(a.Kind))
		if d.rec.UTCOffset == nil {
			d.rec.UTCOffset = a.offset()
		}
		if id == "" {
			id = a.ActivityID.String()
		}
	}
	return id
}

// find returns the activity that began when d did.
func (t *garminTable) find(d *draft) *garminActivity {
	const tolerance = 60 // s
	start := d.start
	if math.IsNaN(start) && len(d.samples) > 0 {
		start = d.samples[0].t
	}
	from := sort.Search(len(t.activities), func(i int) bool { return t.activities[i].start() >= start-tolerance })
	var best *garminActivity
	for i := from; i < len(t.activities) && i < from+100 && t.activities[i].start() <= start+tolerance; i++ {
		a := &t.activities[i]
		if !a.multisport() && (best == nil || math.Abs(a.start()-start) < math.Abs(best.start()-start)) {
			best = a
		}
	}
	return best
}

// garminRest yields what the table lists and no recording was found of, then its lists.
func (w *walker) garminRest(t *garminTable) error {
	for i := range t.activities {
		if !t.activities[i].found {
			w.ahead.total++
		}
	}
	for i := range t.activities {
		a := &t.activities[i]
		if a.found {
			continue
		}
		name := a.list + "#" + a.ActivityID.String()
		if a.multisport() {
			if err := w.yield(Result{
				Path: name, Format: formats.JSON, SHA256: a.sum, ExternalID: a.ActivityID.String(), Status: StatusSkipped,
				Reason: "the sum of a multisport activity, whose parts are listed apart",
			}); err != nil {
				return err
			}
			continue
		}
		p := parsed{
			format: formats.JSON, sum: a.sum, drafts: []draft{a.draft()},
			warnings: []string{"only the totals of the export's list are known: the archive holds no recording of it"},
		}
		if err := w.deliver(name, p, a.ActivityID.String(), scope{provider: pierre.ProviderGarmin}); err != nil {
			return err
		}
	}
	for _, l := range t.lists {
		res := Result{Path: l.path, Format: formats.JSON, Status: StatusSkipped, Reason: fmt.Sprintf("the list of the export's activities (%d)", l.rows)}
		if l.warning != "" {
			res.Warnings = []string{l.warning}
		}
		if err := w.yield(res); err != nil {
			return err
		}
	}
	return nil
}
