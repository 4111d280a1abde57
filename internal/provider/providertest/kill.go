package providertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
)

// A killable is the store of a program that is killed at a step: from then on nothing is written any more. The steps are
// before and after each change and each request.
type killable struct {
	*store.Store

	steps  atomic.Int64
	killAt atomic.Int64 // 0: never
	failed atomic.Int64 // so many changes more fail, of those that say so
}

// errBusy is what a database answers that is busy for a moment.
var errBusy = errors.New("the database is busy")

// busy fails as often as was asked for.
func (k *killable) busy() error {
	if k.failed.Add(-1) >= 0 {
		return errBusy
	}
	return nil
}

// EndRefresh implements [provider.RefreshStore].
func (k *killable) EndRefresh(ctx context.Context, c pierre.Connection, owner string) (bool, error) {
	if err := k.busy(); err != nil {
		return false, err
	}
	return k.Store.EndRefresh(ctx, c, owner)
}

// step counts a step, and fails if the program was killed.
func (k *killable) step() error {
	n, at := k.steps.Add(1), k.killAt.Load()
	if at > 0 && n >= at {
		return errKilled
	}
	return nil
}

// around makes a change between two steps.
func around[T any](k *killable, do func() (T, error)) (v T, err error) {
	if err := k.step(); err != nil {
		return v, err
	}
	if v, err = do(); err != nil {
		return v, err
	}
	return v, k.step()
}

// lease returns how long the program's leases last: those of one that will be killed are over by the time when others look.
func (k *killable) lease(lasts time.Duration) time.Duration {
	if k.killAt.Load() > 0 {
		return 0
	}
	return lasts
}

// BeginRefresh implements [provider.RefreshStore].
func (k *killable) BeginRefresh(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error) {
	return k.Store.BeginRefresh(ctx, c, owner, k.lease(lasts))
}

// BeginSync implements [provider.SyncStore].
func (k *killable) BeginSync(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error) {
	return around(k, func() (bool, error) { return k.Store.BeginSync(ctx, c, owner, k.lease(lasts)) })
}

// SaveSync implements [provider.SyncStore].
func (k *killable) SaveSync(ctx context.Context, c pierre.Connection, owner string, began time.Time, lasts time.Duration) (bool, error) {
	return around(k, func() (bool, error) { return k.Store.SaveSync(ctx, c, owner, began, k.lease(lasts)) })
}

// ForgetFetched implements [provider.ForgetStore].
func (k *killable) ForgetFetched(ctx context.Context, user pierre.UserID, p pierre.Provider, before time.Time) error {
	if err := k.busy(); err != nil {
		return err
	}
	return k.Store.ForgetFetched(ctx, user, p, before)
}

// KeepFetched implements [provider.FetchedStore].
func (k *killable) KeepFetched(ctx context.Context, user pierre.UserID, p pierre.Provider, i pierre.FetchedItem) error {
	_, err := around(k, func() (bool, error) { return true, k.Store.KeepFetched(ctx, user, p, i) })
	return err
}

// A killableKeeper is the importer of the same program.
type killableKeeper struct {
	*importer.Importer

	k *killable
}

// KeepFetched implements [provider.Keeper].
func (i killableKeeper) KeepFetched(ctx context.Context, user pierre.UserID, f pierre.Fetched) (pierre.ImportRow, error) {
	return around(i.k, func() (pierre.ImportRow, error) { return i.Importer.KeepFetched(ctx, user, f) })
}

// KeepValues implements [provider.Keeper].
func (i killableKeeper) KeepValues(ctx context.Context, user pierre.UserID, values []pierre.Wellness) error {
	_, err := around(i.k, func() (bool, error) { return true, i.Importer.KeepValues(ctx, user, values) })
	return err
}

// A killableTransport is its network. Requests for tokens are no steps: what a provider gave and nobody kept is lost, and the
// athlete has to connect again.
type killableTransport struct {
	http.RoundTripper

	k *killable
}

// RoundTrip implements [http.RoundTripper].
func (t killableTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.k.step(); err != nil {
		return nil, err
	}
	return t.RoundTripper.RoundTrip(r)
}

func copyAll(b *strings.Builder, resp *http.Response) error {
	const most = 1 << 20
	_, err := io.Copy(b, io.LimitReader(resp.Body, most))
	return err
}
