package activityfile

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An ownList is an export's list of activities, while the recordings that it names are read.
type ownList struct {
	*walker

	b    *bundle
	path string
	root string
	last *entry // the file that was read last: one of several activities, whose lines mostly follow each other, is read once
	read parsed
	done map[*entry]map[int]bool // the parts that have been reported on
	most map[*entry]int          // how many parts the files have that were read
}

// wholeFile stands for all parts of a file that cannot be read.
const wholeFile = -1

// exportActivities yields the activities of the list, each with the recordings that it names: one for each of its sources.
func (w *walker) exportActivities(ctx context.Context, b *bundle, list *entry) error {
	l := &ownList{walker: w, b: b, path: list.path, root: path.Dir(list.path), done: map[*entry]map[int]bool{}, most: map[*entry]int{}}
	rows := 0
	err := eachLine(ctx, w, list, func(a *exportfile.Activity) error {
		if rows++; rows > w.limits.Rows {
			return draft.Unreadable("it lists more than %d activities", w.limits.Rows)
		}
		return l.activity(ctx, a)
	})
	if err != nil {
		return err
	}
	return w.yield(Result{Path: list.path, Status: StatusSkipped, Reason: fmt.Sprintf("the list of the export's activities (%d)", rows)})
}

// activity yields a result for each source of a. The file that was written of the whole activity stands for the first source, which
// has none of its own; of others that have none it is only said that they were there.
func (l *ownList) activity(ctx context.Context, a *exportfile.Activity) error {
	whole := l.find(a.Written)
	if len(a.Sources) == 0 {
		a.Sources = []exportfile.Source{{}}
	}
	found := false
	for n := range a.Sources {
		src := &a.Sources[n]
		from := ownFile{file: l.find(src.Original), part: max(src.Part, 0), start: src.Start}
		if from.file == nil {
			from = ownFile{file: l.find(src.Written), written: true, start: src.Start}
		}
		if from.file == nil && whole != nil {
			from, whole = ownFile{file: whole, written: true, start: a.Start}, nil
		}
		found = found || from.file != nil
		var err error
		switch {
		case from.file != nil:
			err = l.source(ctx, a, src, from)
		case found: // without any recording, there is nothing that it could be a part of
			err = l.bare(fmt.Sprintf("%s#%s-%d", l.path, printable(clipped(string(a.ID))), n+1), a, src)
			l.ahead.total++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns the file of the archive at name, whether or not it was read already; nil if there is none.
func (l *ownList) find(name string) *entry {
	if name == "" {
		return nil
	}
	l.b.index()
	return l.b.byPath[path.Join(l.root, name)]
}

// An ownFile says where the recording of a source is.
type ownFile struct {
	file    *entry
	part    int
	written bool      // for the export, or else it is what was imported
	start   time.Time // zero: as the file says
}

var errNotThere = draft.Unreadable("it is not the recording that the export's list says")

// source yields the recording of a source.
func (l *ownList) source(ctx context.Context, a *exportfile.Activity, src *exportfile.Source, from ownFile) error {
	file, name := from.file, from.file.path
	if done := l.done[file]; done[wholeFile] || done[from.part] || file.taken && from.written {
		return nil
	}
	if from.part > 0 {
		name = fmt.Sprintf("%s#%d", name, from.part+1)
	}
	if file.taken {
		l.ahead.total++
	}
	if most, known := l.most[file]; known && from.part >= most { // without reading the file again
		return l.unread(ctx, a, src, Result{Path: name}, errNotThere)
	}
	if err := l.open(ctx, file); err != nil {
		return l.unread(ctx, a, src, Result{Path: file.path, Format: l.read.format, SHA256: l.read.sum}, err)
	}
	p := l.read
	if from.part < len(p.drafts) { // a list may name any number of parts that are not there
		l.done[file][from.part] = true
	}
	if from.part >= len(p.drafts) || from.written && len(p.drafts) != 1 {
		return l.unread(ctx, a, src, Result{Path: name, Format: p.format, SHA256: p.sum}, errNotThere)
	}
	p.drafts = []draft.Draft{p.drafts[from.part]}
	l.read.drafts[from.part] = draft.Draft{}
	kept := keptOf(a, src)
	switch {
	case from.written:
		p.original = nil
	case kept.Source.Copy != nil && kept.Source.SHA256 != p.sum:
		kept.Source.SHA256 = p.sum
		p.warnings = append(slices.Clone(p.warnings), "the file is another one than the export's list says")
	}
	complete(a, &p.drafts[0])
	if !from.start.IsZero() {
		p.drafts[0].Unset = false // the list knows better
	}
	return l.deliverKept(name, p, kept, from)
}

// open reads a file, unless it is the one that was read last.
func (l *ownList) open(ctx context.Context, file *entry) (err error) {
	if l.last == file {
		return nil
	}
	file.taken = true
	if l.read, err = l.parseEntry(ctx, file); err != nil {
		l.last, l.done[file] = nil, map[int]bool{wholeFile: true}
		return err
	}
	l.read.drafts = slices.DeleteFunc(l.read.drafts, func(d draft.Draft) bool { return !d.Dated() }) // parts are counted without them
	l.last, l.most[file] = file, len(l.read.drafts)
	if l.done[file] == nil {
		l.done[file] = map[int]bool{}
	}
	return nil
}

// unread reports on a file that cannot be read: what the list says of the activity is known without it.
func (l *ownList) unread(ctx context.Context, a *exportfile.Activity, src *exportfile.Source, res Result, err error) error {
	r, fatal := refused(ctx, err)
	if fatal != nil {
		return fatal
	}
	if r.Status == StatusFailed && keptOf(a, src).Source.Copy != nil {
		return l.bare(res.Path, a, src, "only the totals of the export's list are known: "+r.Reason)
	}
	return l.refuse(ctx, res, err)
}

// bare yields what the list says of a source that has no file in the export, so that it is known again.
func (l *ownList) bare(name string, a *exportfile.Activity, src *exportfile.Source, warnings ...string) error {
	kept := keptOf(a, src)
	if kept.Source.Copy == nil {
		return nil
	}
	d := draft.New(draft.Unix(a.Start))
	if !src.Start.IsZero() {
		d.Start = draft.Unix(src.Start)
	}
	complete(a, &d)
	p := parsed{format: kept.Source.Format, sum: kept.Source.SHA256, drafts: []draft.Draft{d}, warnings: warnings}
	return l.deliverKept(name, p, kept, ownFile{})
}

// keptOf returns what an export says of an activity and of one of its sources besides the recording.
func keptOf(a *exportfile.Activity, src *exportfile.Source) Kept {
	kept := Kept{Said: a.Said, Hidden: a.Hidden, Of: a.ID}
	var sum [32]byte
	n, err := hex.Decode(sum[:], []byte(src.SHA256[:min(len(src.SHA256), 2*len(sum))]))
	if err == nil && n == len(sum) && slices.Contains(pierre.Providers(), src.Provider) {
		kept.Source = pierre.Source{
			Provider: src.Provider, ExternalID: clipped(src.ExternalID), File: clipped(src.Name), Format: clipped(src.Format), SHA256: sum,
			Part: min(max(src.Part, 0), maxExportPart), LocalTimes: src.LocalTimes, Copy: &pierre.Copy{Sides: believedSides(a.Sides)},
		}
	}
	return kept
}

// believedSides are the sides that can be some that this program wrote; none, if there are more than there can be.
func believedSides(said pierre.Sides) pierre.Sides {
	if len(said) > pierre.MaxSides {
		return nil
	}
	sides := pierre.Sides{}
	for occasion, side := range said {
		if pierre.IsOccasion(occasion) && side >= 0 && side < exportfile.MaxSources {
			sides[occasion] = side
		}
	}
	return sides
}

// complete gives a recording what the list of its export says of its activity.
func complete(a *exportfile.Activity, d *draft.Draft) {
	r := &d.Rec
	r.Name, r.Description, r.SportName, r.Device, r.MultisportID = a.Name, a.Description, clipped(a.SportName), a.Device, clipped(a.Multisport)
	r.Indoor, r.Race, r.Impression = a.Indoor, a.Race, believed(a.Impression)
	if slices.Contains(pierre.Sports(), a.Sport) {
		r.Sport = a.Sport
	}
	if o := a.UTCOffset; o != nil && *o >= -14*3600 && *o <= 14*3600 {
		r.UTCOffset = o
	}
	if a.Said != nil {
		withoutSaid(r, a.Said)
	}
	r.Totals = a.Totals
}

// believed is an impression without what none says.
func believed(i pierre.Impression) pierre.Impression {
	if i.RPE != nil && !(*i.RPE >= 0 && *i.RPE <= pierre.MaxRPE) {
		i.RPE = nil
	}
	if !slices.Contains(pierre.Feels(), i.Feel) {
		i.Feel = ""
	}
	return i
}

// withoutSaid takes away what only the athlete said: it is no file's word.
func withoutSaid(r *pierre.Recording, said *pierre.Annotation) {
	if said.Note != nil {
		r.Note = ""
	}
	if said.RPE != nil {
		r.RPE = nil
	}
	if said.Feel != nil {
		r.Feel = ""
	}
	if said.Gear != nil {
		r.Gear = ""
	}
	if said.Race != nil {
		r.Race = false
	}
}

func clipped(text string) string { return draft.Clip(text, draft.MaxTitle) }

// How far the start of a recording may be from what its file says: written files have whole seconds, and of files that were imported
// a list of the account may have known the time zone, or the day, better.
const halfSecond = 500 * time.Millisecond

// deliverKept is deliver for a recording of which an export says more.
func (l *ownList) deliverKept(name string, p parsed, kept Kept, from ownFile) error {
	yield := l.yield
	defer func() { l.yield = yield }()
	l.yield = func(res Result) error {
		if kept.Source.Copy != nil {
			res.Kept = &kept
		}
		for i := range res.Recordings {
			rec := &res.Recordings[i]
			if kept.Source.Copy != nil {
				rec.Provider = kept.Source.Provider
			}
			if off := from.start.Sub(rec.Start); !from.start.IsZero() && (!from.written || off.Abs() <= halfSecond) {
				rec.Start = from.start // samples and laps count from it
			}
		}
		return yield(res)
	}
	return l.deliver(name, p, "", scope{provider: pierre.ProviderFile})
}
