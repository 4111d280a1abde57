package store

import (
	"context"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Account returns what is kept of a user besides keys and data.
func (s *Store) Account(ctx context.Context, user pierre.UserID) (pierre.Account, error) {
	var a pierre.Account
	err := s.row(ctx, `SELECT id, COALESCE(email, ''), COALESCE(athlete_name, ''), notes, limit_requests, limit_period, created_us FROM users WHERE id = $1`, user).
		Scan(&a.ID, &a.Email, &a.Athlete, &a.Notes, &a.Limit.Requests, &a.Limit.Period, instant{&a.Created})
	return a, s.classify(err, "user "+string(user))
}

// Annotation returns what the user says of an activity.
func (s *Store) Annotation(ctx context.Context, user pierre.UserID, id pierre.ActivityID) (pierre.Annotation, error) {
	all, err := newSources(s, user, s.codec).entries(ctx, id)
	return saidOf(all).Annotation, s.classify(err, "reading what is said of activity "+string(id))
}

// DeletedRecordings returns up to limit of the recordings that the user deleted, those that come after one of them in the order of
// provider, entry, file and part. The zero value is before all.
func (s *Store) DeletedRecordings(ctx context.Context, user pierre.UserID, after pierre.DeletedRecording, limit int) ([]pierre.DeletedRecording, error) {
	rows, err := s.query(ctx, `SELECT provider, external_id, sha256, part, activity_id, deleted_us FROM deleted_recordings
		WHERE user_id = $1 AND (provider, external_id, sha256, part) > ($2, $3, $4, $5) ORDER BY provider, external_id, sha256, part LIMIT $6`,
		user, after.Provider, after.ExternalID, after.SHA256[:], after.Part, limit)
	list, err := collect(rows, err, func(from scanner) (pierre.DeletedRecording, error) {
		var d pierre.DeletedRecording
		var sum []byte
		err := from.Scan(&d.Provider, &d.ExternalID, &sum, &d.Part, &d.Activity, instant{&d.Deleted})
		copy(d.SHA256[:], sum)
		return d, err
	})
	return list, s.classify(err, "listing deleted recordings")
}

// Holdings counts what goes when the user is deleted.
func (s *Store) Holdings(ctx context.Context, user pierre.UserID) (pierre.Holdings, error) {
	var h pierre.Holdings
	err := s.row(ctx, `SELECT (SELECT count(*) FROM activities WHERE user_id = $1), (SELECT count(*) FROM wellness WHERE user_id = $1),
		(SELECT count(*) FROM goals WHERE user_id = $1), (SELECT count(*) FROM connections WHERE user_id = $1),
		(SELECT count(*) FROM api_keys WHERE user_id = $1), (SELECT count(*) FROM users WHERE customer_id = $1),
		(SELECT count(*) FROM originals WHERE user_id = $1)`, user).
		Scan(&h.Activities, &h.Values, &h.Goals, &h.Connections, &h.Keys, &h.Athletes, &h.Files)
	if err == nil {
		h.Stored, err = s.StoredBytes(ctx, user)
	}
	return h, s.classify(err, "counting what user "+string(user)+" has")
}
