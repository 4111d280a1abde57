package importer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// KeepFetched imports what was fetched from an account at a provider, and says what became of it. The same again changes
// nothing. [Importer.DigestFetched] follows, for all that came together.
func (i *Importer) KeepFetched(ctx context.Context, user pierre.UserID, f pierre.Fetched) (pierre.ImportRow, error) {
	if err := i.checkStored(ctx, user); err != nil {
		return pierre.ImportRow{}, err
	}
	who := athlete{to: i.store, user: user, until: i.latest()}
	watch := Watch{changed: func(pierre.ActivityID) {}, said: who.said} // what has changed is in the row
	if f.Recording != nil {
		rec := *f.Recording
		sayFetched(&rec, f)
		row, _, err := i.file(ctx, user, activityfile.Result{
			Path: f.File, Format: formats.JSON, Status: activityfile.StatusOK, ExternalID: f.ExternalID,
			// What an API says of an activity takes the place of what it said before, so that it has the same sum.
			SHA256: sha256.Sum256([]byte(string(f.Provider) + "\x00" + f.ExternalID)), Recordings: []pierre.Recording{rec},
		}, watch)
		return row, err
	}
	row := pierre.ImportRow{File: f.File, Status: pierre.ImportSkipped, Reason: "it is empty"}
	src := activityfile.NewSource(f.File, bytes.NewReader(f.Content), int64(len(f.Content)))
	err := activityfile.Walk(ctx, src, activityfile.Options{
		TempDir: i.opts.TempDir, Pause: i.opts.Pause, Long: i.long, Originals: i.opts.KeepOriginals,
	}, func(res activityfile.Result) error {
		res.ExternalID = f.ExternalID
		for n := range res.Recordings {
			sayFetched(&res.Recordings[n], f)
		}
		var err error
		row, _, err = i.file(ctx, user, res, watch)
		return err
	})
	if err != nil {
		return row, fmt.Errorf("importing %s: %w", f.File, err)
	}
	return row, who.save(ctx, 1)
}

// KeepValues keeps values of days that were fetched from an account, up to the limit that imports have.
func (i *Importer) KeepValues(ctx context.Context, user pierre.UserID, values []pierre.Wellness) error {
	if len(values) == 0 {
		return nil
	}
	if err := i.checkStored(ctx, user); err != nil {
		return err
	}
	_, err := i.store.KeepWellness(ctx, user, i.now(), values)
	return err
}

// sayFetched notes what the account says of a recording, which counts for more than its file.
func sayFetched(rec *pierre.Recording, f pierre.Fetched) {
	rec.Provider, rec.Name = f.Provider, cmp.Or(f.Title, rec.Name)
	words := f.Words
	words.Complete(rec.Impression)
	rec.Impression = words
}

// DigestFetched sums up activities that [Importer.KeepFetched] reported, so that the first question about them is answered quickly.
func (i *Importer) DigestFetched(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) error {
	digests := digesting{to: i.opts.Digests, user: user}
	for _, id := range ids {
		digests.changed(id)
		if err := digests.run(ctx, digestedAtOnce); err != nil {
			return err
		}
	}
	return digests.finish(ctx)
}
