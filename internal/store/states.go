package store

import (
	"context"
	"strconv"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// changed notes that activities of the user have changed: what is kept besides them is of an older state from now on.
func (i importing) changed(ctx context.Context) error {
	_, err := i.tx.exec(ctx, `INSERT INTO activity_states (user_id, revision) VALUES ($1, 1)
		ON CONFLICT (user_id) DO UPDATE SET revision = activity_states.revision + 1`, i.user)
	return err
}

// ActivityState names the state of a user's activities: it is another one after each change.
func (s *Store) ActivityState(ctx context.Context, user pierre.UserID) (string, error) {
	state, err := stateOf(ctx, s, user)
	return state.name, s.classify(err, "reading the state of activities")
}

// A state names that of a user's activities, and what activity_sums are of.
type state struct{ name, sums string }

// of names the sums of a state by the days of a zone.
func (s state) of(zone *time.Location) string { return s.name + "/" + zone.String() }

// summed reports whether activity_sums are of this state and the zone.
func (s state) summed(zone *time.Location) bool { return s.sums == s.of(zone) }

// stateOf counts the changes. The newest import tells of those by servers of a version that does not count.
func stateOf(ctx context.Context, db querier, user pierre.UserID) (state, error) {
	var revision, newest int64
	var s state
	err := db.row(ctx, `SELECT COALESCE((SELECT revision FROM activity_states WHERE user_id = $1), 0),
		COALESCE((SELECT summed_state FROM activity_states WHERE user_id = $1), ''),
		COALESCE((SELECT max(imported_us) FROM activity_sources WHERE user_id = $1), 0)`, user).Scan(&revision, &s.sums, &newest)
	s.name = strconv.FormatInt(revision, 10) + "/" + strconv.FormatInt(newest, 10)
	return s, err
}

// Undigested returns users, at most so many, some of whose activities may have no digest of that version, or are not settled.
func (s *Store) Undigested(ctx context.Context, version, most int) ([]pierre.UserID, error) {
	ids, err := s.db.Texts(ctx, `SELECT user_id FROM activity_states WHERE digested_revision <> revision OR digest_version <> $1 OR unsettled_us IS NOT NULL
		ORDER BY user_id LIMIT $2`, version, most)
	users := make([]pierre.UserID, len(ids))
	for i, id := range ids {
		users[i] = pierre.UserID(id)
	}
	return users, s.classify(err, "looking for activities without a digest")
}

// ActivityRevision counts the changes of a user's activities.
func (s *Store) ActivityRevision(ctx context.Context, user pierre.UserID) (int64, error) {
	var revision int64
	err := s.row(ctx, `SELECT COALESCE((SELECT revision FROM activity_states WHERE user_id = $1), 0)`, user).Scan(&revision)
	return revision, s.classify(err, "reading the state of activities")
}

// Digested notes that all of the user's activities of a revision have digests of that version, and sums them up by the days
// of a zone.
func (s *Store) Digested(ctx context.Context, user pierre.UserID, version int, revision int64, zone *time.Location) error {
	err := s.update(ctx, "noting the digests", func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE activity_states SET digested_revision = $3, digest_version = $2 WHERE user_id = $1`, user, version, revision)
		return err
	})
	if err != nil {
		return err
	}
	return s.sumAgain(ctx, user, zone)
}
