package exporter

import (
	"context"
	"errors"

	"github.com/pierre-mcp/pierre/internal/activityfile/fit"
	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/original"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The files of an activity: of each source the one that it was read from, if that is kept. Where the primary source has none, a
// file is written of all that is kept of the activity; where another has none, and samples of its own, one is written of these.

// writtenOfAll reports whether a file is written of the whole activity.
func writtenOfAll(sources []pierre.KeptSource) bool { return !sources[0].Original }

// writtenOf reports whether a file is written of one source alone.
func writtenOf(sources []pierre.KeptSource, n int) bool {
	return !writtenOfAll(sources) && !sources[n].Original && sources[n].Samples
}

// recordings writes the files of the activities. They come before the list, which says of which the original is damaged.
func (a *archive) recordings(ctx context.Context) error {
	return a.each(ctx, func(act pierre.Activity) error {
		err := a.files(ctx, &act)
		if pierre.KindOf(err) == pierre.KindNotFound { // it was deleted since the page was read
			return nil
		}
		return err
	})
}

func (a *archive) files(ctx context.Context, act *pierre.Activity) error {
	sources, err := a.sources(ctx, act.ID)
	if err != nil {
		return err
	}
	written := map[[32]byte]bool{} // two sources may be the same file
	for n := range sources {
		src := &sources[n]
		if src.Original && !written[src.SHA256] {
			written[src.SHA256] = true
			if err := a.original(ctx, act, src); err != nil {
				return err
			}
		}
	}
	if writtenOfAll(sources) {
		rec, err := a.store.Recording(ctx, a.user, act.ID)
		if err != nil {
			return err
		}
		return a.write(act, exportfile.WrittenName(act), rec)
	}
	for n, src := range sources {
		if !writtenOf(sources, n) {
			continue
		}
		rec, err := a.store.SourceRecording(ctx, a.user, src.Source)
		if err != nil {
			return err
		}
		if err := a.write(act, exportfile.WrittenPart(act, n), rec); err != nil {
			return err
		}
	}
	return nil
}

// sources returns where an activity was read. A file that was found to be damaged is one that is not kept.
func (a *archive) sources(ctx context.Context, id pierre.ActivityID) ([]pierre.KeptSource, error) {
	sources, err := a.store.KeptSources(ctx, a.user, id)
	for n := range sources {
		if a.damaged[sources[n].SHA256] {
			sources[n].Original = false
		}
	}
	return sources, err
}

// original writes the file of a source, with the activity that comes first in it. If it is damaged, src has none any more, and the
// manifest counts it and the list says so.
func (a *archive) original(ctx context.Context, act *pierre.Activity, src *pierre.KeptSource) error {
	o, err := a.store.Original(ctx, a.user, src.SHA256)
	if err == nil {
		err = original.Check(o)
	}
	switch {
	case errors.Is(err, original.ErrDamaged):
		if !a.damaged[src.SHA256] {
			a.damaged[src.SHA256] = true
			a.manifest.Damaged++
		}
		src.Original = false
		return nil
	case err != nil:
		return err
	}
	first, as, err := a.store.FirstOf(ctx, a.user, src.SHA256)
	if err != nil || first != act.ID {
		return err
	}
	a.opts.Pause(ctx)
	w, err := a.file(exportfile.OriginalName(act, &as), act.Start)
	if err != nil {
		return err
	}
	a.manifest.Originals++
	return original.Unpack(w, o)
}

// write writes a recording as a FIT file.
func (a *archive) write(act *pierre.Activity, name string, rec pierre.Recording) error {
	b, err := fit.Write(rec)
	if err != nil {
		return err
	}
	w, err := a.file(name, act.Start)
	if err != nil {
		return err
	}
	a.manifest.Written++
	_, err = w.Write(b)
	return err
}
