package activityfile

import (
	"context"
	"crypto/sha256"
	"io"
	"path"

	"github.com/pierre-mcp/pierre/internal/activityfile/days"
	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/garmin"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// garminDays reads the files of a Garmin account export that hold values of days. The daily summaries come first, since they
// explain the others.
func (w *walker) garminDays(ctx context.Context, b *bundle) error {
	reader := garmin.NewDays()
	for _, summaries := range []bool{true, false} {
		for _, e := range b.entries {
			name := path.Base(e.path)
			if e.taken || e.problem != "" || garmin.Summaries(name) != summaries {
				continue
			}
			read := reader.Reader(name)
			if read == nil {
				continue
			}
			if err := w.daysFile(ctx, e, pierre.ProviderGarmin, formats.JSON, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// daysFile yields what a file says of days.
func (w *walker) daysFile(ctx context.Context, e *entry, from pierre.Provider, format string, read func(io.Reader, *days.Book) error) error {
	e.taken = true
	w.ahead.at(e.path)
	w.ahead.opened(e, false)
	res := Result{Path: e.path, Format: format}
	src, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return w.refuse(ctx, res, err)
	}
	defer src.Close() //nolint:errcheck // it was only read
	sum, book := sha256.New(), days.NewBook(from)
	tee := io.TeeReader(src, sum)
	err = read(tee, book)
	if _, rest := io.Copy(io.Discard, tee); rest != nil && err == nil {
		err = rest
	}
	res.SHA256 = [32]byte(sum.Sum(nil))
	return w.yieldDays(ctx, res, book, err)
}

// yieldDays yields what a book was read into until err ended it.
func (w *walker) yieldDays(ctx context.Context, res Result, book *days.Book, err error) error {
	res.Days = book.Values()
	res.Warnings = draft.Listed(append(res.Warnings, book.Notes()...))
	if err != nil {
		r, fatal := refused(ctx, err)
		if fatal != nil {
			return fatal
		}
		res.Status, res.Reason = r.Status, r.Reason
	}
	switch {
	case len(res.Days) > 0 && err != nil:
		res.Warnings = append([]string{res.Reason + draft.Kept}, res.Warnings...)
		res.Status, res.Reason = StatusOK, ""
	case len(res.Days) > 0:
		res.Status = StatusOK
	case err == nil:
		res.Status, res.Reason = StatusSkipped, "it holds no value of a day that is kept"
	}
	return w.yield(res)
}

// partOfDays says of a file that its values are among those of its export.
const partOfDays = "part of the export's values of days"

// exportPart reads a file of an export that is reported as a whole, and yields what the file was.
func (w *walker) exportPart(ctx context.Context, e *entry, what string, read func(io.Reader) error) error {
	e.taken = true
	w.ahead.at(e.path)
	w.ahead.opened(e, false)
	res := Result{Path: e.path, Format: formats.JSON, Status: StatusSkipped, Reason: what}
	src, err := w.reader(ctx, e, w.limits.FileBytes)
	if err != nil {
		return w.refuse(ctx, res, err)
	}
	defer src.Close() //nolint:errcheck // it was only read
	if err := read(src); err != nil {
		return w.refuse(ctx, res, err)
	}
	return w.yield(res)
}
