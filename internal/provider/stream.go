package provider

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	maxPages = 5000  // of one window
	maxItems = 10000 // of one page
	maxTries = 5     // of one item, before it is left out
)

// fresh fetches what is new since the last turn. The first time it is the latest window.
func (y *syncing) fresh(ctx context.Context, stream Stream) error {
	st := y.conn.Sync.Streams[stream.Name]
	now := y.began
	if pending := !st.To.IsZero() && (st.Until.IsZero() || st.To.After(st.Until)); pending { // it was interrupted
		if err := y.window(ctx, stream, &st); err != nil {
			return err
		}
		if err := y.listed(ctx, stream, &st); err != nil {
			return err
		}
	}
	switch {
	case stream.Span == 0:
		st.To, st.Page = now, ""
		if err := y.window(ctx, stream, &st); err != nil {
			return err
		}
		return y.listed(ctx, stream, &st)
	case st.Until.IsZero():
		st.From, st.To = now.Add(-min(stream.Span, stream.Reach)), now
		return y.window(ctx, stream, &st)
	case st.Page != "" && now.Sub(st.Until) < time.Minute:
		return nil // what is left of a long window of the history goes first
	}
	for st.Until.Before(now) {
		st.From, st.To, st.Page = st.Until.Add(-stream.Overlap), now, ""
		if until := st.Until.Add(stream.Span); until.Before(now) {
			st.To = until
		}
		if err := y.window(ctx, stream, &st); err != nil {
			return err
		}
	}
	return nil
}

// listed notes that a list without times was read to its end.
func (y *syncing) listed(ctx context.Context, stream Stream, st *pierre.StreamState) error {
	if stream.Span > 0 || st.Done {
		return nil
	}
	st.Done = true
	return y.save(ctx, stream, *st)
}

// history fetches what is older, window by window.
func (y *syncing) history(ctx context.Context, stream Stream) error {
	st := y.conn.Sync.Streams[stream.Name]
	first := y.conn.Connected.Add(-stream.Reach)
	for !st.Done {
		if !st.Back.After(first) {
			st.Done = true
			return y.save(ctx, stream, st)
		}
		if st.To.IsZero() {
			st.To, st.From = st.Back, later(first, st.Back.Add(-stream.Span))
		}
		if err := y.window(ctx, stream, &st); err != nil {
			return err
		}
	}
	return nil
}

// window fetches the pages of the window that st has, from the page that it names, and then moves the bounds of what was
// fetched. After each page the state is kept, so that who is killed goes on there.
func (y *syncing) window(ctx context.Context, stream Stream, st *pierre.StreamState) error {
	again := st.Page != "" // pages may end while nobody asks
	for range maxPages {
		if y.over() {
			return errTurn
		}
		page, err := stream.List(ctx, y.client, windowOf(stream, *st))
		if e, ok := errors.AsType[*StatusError](err); ok && again && e.Status/100 == 4 && e.Status != http.StatusForbidden { //nolint:mnd // the class of requests' faults
			st.Page, again = "", false
			continue
		}
		if err != nil {
			return err
		}
		again = false
		known, err := y.page(ctx, page)
		if err != nil {
			return err
		}
		if page.Next == "" || page.Newest && known && st.Done {
			return y.finish(ctx, stream, st)
		}
		if page.Next == st.Page {
			return &malformedError{errors.New("a page names itself as the next one")}
		}
		st.Page = page.Next
		if err := y.save(ctx, stream, *st); err != nil {
			return err
		}
	}
	return &malformedError{errors.New("the pages do not end")}
}

// over reports whether others have a turn now.
func (y *syncing) over() bool { return y.now().Sub(y.began) > syncTurn }

func windowOf(stream Stream, st pierre.StreamState) Window {
	if stream.Span == 0 {
		return Window{Page: st.Page}
	}
	return Window{st.From, st.To, st.Page}
}

// finish notes that a window was fetched whole.
func (y *syncing) finish(ctx context.Context, stream Stream, st *pierre.StreamState) error {
	if st.Until.IsZero() || st.To.After(st.Until) {
		st.Until = st.To
	}
	if st.Back.IsZero() || !st.From.IsZero() && st.From.Before(st.Back) {
		st.Back = st.From
	}
	st.From, st.To, st.Page = time.Time{}, time.Time{}, ""
	return y.save(ctx, stream, *st)
}

func (y *syncing) save(ctx context.Context, stream Stream, st pierre.StreamState) error {
	y.conn.Sync.Streams[stream.Name] = st
	return y.still(y.store.SaveSync(ctx, y.conn, y.owner, y.began, syncLease))
}

func (*syncing) still(mine bool, err error) error {
	if err == nil && !mine {
		err = errOvertaken
	}
	return err
}

// page keeps what a page has, and reports whether all of its items were known.
func (y *syncing) page(ctx context.Context, page Page) (known bool, err error) {
	if len(page.Items) > maxItems || len(page.Values) > maxItems {
		return false, &malformedError{errors.New("a page is too long")}
	}
	if err := y.values(ctx, page.Values); err != nil {
		return false, err
	}
	known = len(page.Items) > 0
	seen := map[string]bool{}
	const part = 200
	for len(page.Items) > 0 {
		n := min(part, len(page.Items))
		items := page.Items[:n]
		page.Items = page.Items[n:]
		var ids []string
		for _, i := range items {
			ids = append(ids, i.ID)
		}
		had, err := y.store.FetchedItems(ctx, y.conn.UserID, y.conn.Provider, ids)
		if err != nil {
			return false, err
		}
		for _, i := range items {
			if i.ID == "" || len(i.ID) > maxID || seen[i.ID] {
				continue
			}
			seen[i.ID] = true
			before, ok := had[i.ID]
			if ok && before.Version == i.Version && before.Outcome != pierre.FetchRetry {
				continue
			}
			known = false
			if err := y.item(ctx, i, before); err != nil {
				return false, err
			}
		}
	}
	return known, nil
}

const maxID = 200

// values keeps values of days. What a kind cannot be is left out.
func (y *syncing) values(ctx context.Context, values []pierre.Wellness) error {
	var good []pierre.Wellness
	for _, v := range values {
		v.Source = y.conn.Provider
		if r, ok := pierre.RangeOf(v.Kind); ok && r.Holds(v.Value) && !v.Day.IsZero() {
			good = append(good, v)
		}
	}
	return y.keeper.KeepValues(ctx, y.conn.UserID, good)
}

// item fetches a recording and keeps it. It is remembered after it was kept: who is killed in between keeps it again, which
// changes nothing.
func (y *syncing) item(ctx context.Context, i Item, before pierre.FetchedItem) error {
	if y.over() {
		return errTurn // a page may have many: the next turn lists it again, and goes on with those that it does not know
	}
	mine, err := y.store.BeginSync(ctx, y.conn, y.owner, syncLease)
	if err := y.still(mine, err); err != nil {
		return err
	}
	next := pierre.FetchedItem{ID: i.ID, Version: i.Version, Outcome: pierre.FetchLeft}
	switch {
	case i.Left:
	case i.Load == nil:
		next.Outcome = pierre.FetchNoted
		if err := y.values(ctx, i.Values); err != nil {
			return err
		}
	default:
		if next.Outcome, err = y.load(ctx, i); err != nil {
			next.Outcome, next.Tries = pierre.FetchRetry, before.Tries+1
			passing := ctx.Err() != nil || errors.Is(err, errRefused) || errors.Is(err, errOvertaken) || isKept(err)
			if _, limited := errors.AsType[*LimitedError](err); limited || passing {
				return err
			}
			if next.Tries < maxTries {
				return errors.Join(err, y.store.KeepFetched(ctx, y.conn.UserID, y.conn.Provider, next))
			}
			next.Outcome = pierre.FetchFailed
			y.conn.Sync.FailedText = i.ID + ": it could not be fetched in several tries"
		}
	}
	return y.store.KeepFetched(ctx, y.conn.UserID, y.conn.Provider, next)
}

// isKept reports whether an error is one of this server, rather than of the provider.
func isKept(err error) bool {
	_, ok := errors.AsType[*pierre.Error](err)
	return ok
}

// load fetches and imports a recording. Its error is one that may pass.
func (y *syncing) load(ctx context.Context, i Item) (pierre.FetchOutcome, error) {
	f, err := i.Load(ctx)
	if gone(err) {
		y.conn.Sync.FailedText = i.ID + ": " + y.provider.Title + " does not give it out"
		return pierre.FetchFailed, nil
	}
	if err != nil {
		return "", err
	}
	f.Provider, f.ExternalID = y.conn.Provider, i.ID
	f.File = cmp.Or(f.File, string(f.Provider)+" "+i.ID)
	row, err := y.keeper.KeepFetched(ctx, y.conn.UserID, f)
	if err != nil {
		return "", err
	}
	y.changed = append(y.changed, row.Activities...)
	if row.Deleted {
		return pierre.FetchGone, nil
	}
	if row.Status == pierre.ImportFailed || row.Status == pierre.ImportSkipped {
		y.conn.Sync.FailedText = i.ID + ": " + row.Reason
		return pierre.FetchFailed, nil
	}
	return pierre.FetchKept, nil
}
