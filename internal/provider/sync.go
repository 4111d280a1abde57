package provider

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	syncsAtOnce = 4               // connections that one server fetches over at the same time
	syncLease   = 3 * time.Minute // a server that was killed is waited for so long; renewed with each item
	syncTurn    = 5 * time.Minute // then others have a turn
	syncLimit   = 3 * syncTurn    // a turn that does not see its end is broken off
	sealedTries = 8               // to open credentials, over two hours: keys may just be changing, or be set wrongly for a while
	maxBackoff  = 6 * time.Hour
	refusedWait = 24 * time.Hour // after an answer that will hardly change by itself
)

// SyncDue fetches over all connections that are due. Several servers may do so at the same time: they share them.
func (s *Service) SyncDue(ctx context.Context) error {
	var known []pierre.Provider // a version that knows others may run beside this one
	for _, p := range s.table {
		known = append(known, p.Name)
	}
	for ctx.Err() == nil {
		list, err := s.store.DueConnections(ctx, s.now(), known, syncsAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		var group errgroup.Group
		fetched := make([]bool, len(list))
		for n, c := range list {
			group.Go(func() (err error) {
				fetched[n], err = s.sync(ctx, c)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if !slices.Contains(fetched, true) {
			return nil // others have them
		}
	}
	return ctx.Err()
}

// A syncing is one turn of fetching over a connection.
type syncing struct {
	*Service

	provider *Provider
	conn     pierre.Connection
	client   *Client
	began    time.Time
	changed  []pierre.ActivityID
}

// sync fetches over a connection, if nobody else does. What goes wrong with it is kept in its state; an error is one of this
// server.
func (s *Service) sync(ctx context.Context, c pierre.Connection) (bool, error) {
	p, err := s.provider(c.Provider)
	if err != nil {
		return false, err
	}
	mine, err := s.store.BeginSync(ctx, c, s.owner, syncLease)
	if err != nil || !mine {
		return false, err
	}
	now, err := s.store.Connection(ctx, c.UserID, c.Provider) // as it is since nobody else changes it
	if lost(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	y := &syncing{Service: s, provider: p, conn: now, began: s.now()}
	turn, cancel := context.WithTimeout(ctx, syncLimit)
	defer cancel()
	err = y.run(turn)
	if errors.Is(err, errOvertaken) || lost(err) {
		return true, nil
	}
	if ctx.Err() != nil { // the program ends: the next turn goes on at once
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_, err := s.store.SaveSync(ctx, y.conn, s.owner, y.began, 0)
		return true, err
	}
	pause := y.settle(ctx, err)
	if !pause.IsZero() && p.Shared {
		if err := s.store.PauseProvider(ctx, p.Name, pause); err != nil {
			return true, err
		}
	}
	if errors.Is(err, errSealed) && y.conn.Sync.Tries >= sealedTries {
		if err := y.giveUp(ctx); err != nil {
			return true, err
		}
	}
	_, err = s.store.SaveSync(ctx, y.conn, s.owner, y.began, 0)
	return true, err
}

// giveUp notes that the athlete has to connect again. The credentials stay as they are.
func (y *syncing) giveUp(ctx context.Context) error {
	c := y.conn
	c.Status = pierre.ConnectionBroken
	mine, err := y.store.BeginRefresh(ctx, c, y.owner, refreshLease)
	if err == nil && mine {
		_, err = y.store.EndRefresh(ctx, c, y.owner)
	}
	return err
}

// run fetches what is new of all streams, and then their history.
func (y *syncing) run(ctx context.Context) (err error) {
	if err := y.switchedOn(y.provider); err != nil {
		return err
	}
	if y.client, err = y.Service.client(y.provider, y.conn); err != nil {
		return errors.Join(errSealed, err)
	}
	if y.conn.Sync.Streams == nil {
		y.conn.Sync.Streams = map[string]pierre.StreamState{}
	}
	defer func() {
		err = errors.Join(err, y.keeper.DigestFetched(ctx, y.conn.UserID, y.changed))
	}()
	// What waited longest comes first: where few requests are admitted at a time, all streams have their turn.
	streams := slices.SortedStableFunc(slices.Values(y.provider.Streams), func(a, b Stream) int {
		return y.conn.Sync.Streams[a.Name].Until.Compare(y.conn.Sync.Streams[b.Name].Until)
	})
	var refused []string
	for _, fetch := range []func(context.Context, Stream) error{y.fresh, y.history} {
		for _, stream := range streams {
			if slices.Contains(refused, stream.Name) {
				continue
			}
			err := fetch(ctx, stream)
			if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusForbidden && stream.Optional {
				if refused = append(refused, stream.Name); len(refused) == len(streams) {
					return err
				}
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	y.conn.Sync.Refused = refused
	return nil
}

// switchedOn reports why nothing is fetched from a provider at this server, whether or not browsers reach it.
func (s *Service) switchedOn(p *Provider) error {
	app := s.apps[p.Name]
	variable := "PIERRE_PROVIDER_" + strings.ToUpper(string(p.Name))
	switch {
	case p.Key != nil:
		return nil
	case app.ClientID == "" || app.ClientSecret.Reveal() == "":
		return off(p, "its operator has to register it with "+p.Title+" and to set "+variable+"_CLIENT_ID and "+variable+"_CLIENT_SECRET (docs/PROVIDERS.md).")
	case p.Risk != "" && !app.RiskAccepted:
		return off(p, p.Risk+" An operator who accepts that sets "+variable+"_ACCEPT_POLICY_RISK=true.")
	}
	return nil
}

// errTurn says that others have a turn now.
var errTurn = errors.New("the turn is over")

// settle puts into the connection's state what became of a turn, and when the next one is. It returns until when the provider
// asks to wait.
func (y *syncing) settle(ctx context.Context, err error) (pause time.Time) {
	now, st := y.now(), &y.conn.Sync
	st.Tried = now
	limited, isLimited := errors.AsType[*LimitedError](err)
	switch {
	case err == nil:
		st.Synced, st.Tries, st.Problem = now, 0, ""
		y.conn.Due = now.Add(y.provider.Every + rand.N(y.provider.Every/10+1)) //nolint:gosec // it is no secret
		return time.Time{}
	case errors.Is(err, errTurn):
		st.Tries, st.Problem, y.conn.Due = 0, "", now
		return time.Time{}
	case isLimited:
		st.Problem = y.provider.Title + " asks to wait until " + limited.Until.UTC().Format("2006-01-02 15:04") + " UTC; then it goes on by itself."
		y.conn.Due = limited.Until
		return limited.Until
	}
	st.Tries++
	y.conn.Due = now.Add(backoff(st.Tries))
	st.Problem = y.problem(err)
	if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusForbidden || pierre.KindOf(err) == pierre.KindConflict {
		y.conn.Due = now.Add(refusedWait)
	}
	y.log.WarnContext(ctx, "fetching from a provider ended early", slog.String("provider", string(y.provider.Name)),
		slog.String("user_id", string(y.conn.UserID)), slog.Int("tries", st.Tries), slog.Any("err", err))
	return time.Time{}
}

func backoff(tries int) time.Duration {
	const most = 10 // of doublings
	return min(time.Minute<<min(tries-1, most), maxBackoff)
}

// problem words for the athlete why a turn ended early, and what to do.
func (y *syncing) problem(err error) string {
	title := y.provider.Title
	e, isStatus := errors.AsType[*StatusError](err)
	m, isMalformed := errors.AsType[*malformedError](err)
	kind := pierre.KindOf(err)
	switch {
	case errors.Is(err, errRefused):
		return title + " no longer accepts this connection. Connect it again with connect_provider."
	case errors.Is(err, errSealed):
		return "The credentials of this connection cannot be opened on this server. Connect it again with connect_provider; tell this server's operator if that happens again."
	case kind == pierre.KindStorageFull || kind == pierre.KindConflict:
		return pierre.MessageOf(err, "")
	case isStatus && e.Status == http.StatusForbidden:
		return title + " refuses to give data (403): perhaps a subscription has ended, or access was narrowed. It is tried again once a day; connect_provider renews the access."
	case isStatus && e.Status < http.StatusInternalServerError:
		return title + " does not understand what it was asked. It is tried again by itself; tell this server's operator if it stays so."
	case isMalformed && m != nil:
		return title + " answered only in part. It is tried again by itself."
	case isStatus:
		return title + " is out of order at the moment. It is tried again by itself."
	}
	return title + " could not be reached. It is tried again by itself."
}
