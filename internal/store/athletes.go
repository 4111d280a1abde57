package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// EnsureAthlete returns the id of the customer's athlete of that name, who is made if there is none. A customer that has
// most athletes gets no more: that is [pierre.KindDenied].
func (s *Store) EnsureAthlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName, most int, now time.Time) (pierre.UserID, error) {
	found, err := athleteID(ctx, s, customer, name)
	if !errors.Is(err, sql.ErrNoRows) {
		return found, s.classify(err, "looking for an athlete")
	}
	select { // many new athletes at once would come between each other in a database that runs writers side by side
	case s.making <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { <-s.making }()
	err = s.update(ctx, "making an athlete", func(t *tx) error {
		var err error
		found, err = t.ensureAthlete(ctx, customer, name, most, now)
		return err
	})
	return found, err
}

func (t *tx) ensureAthlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName, most int, now time.Time) (pierre.UserID, error) {
	if err := t.lockUser(ctx, customer); err != nil {
		return "", err
	}
	found, err := athleteID(ctx, t, customer, name)
	if !errors.Is(err, sql.ErrNoRows) {
		return found, err
	}
	var has int
	if err := t.row(ctx, `SELECT count(*) FROM users WHERE customer_id = $1 AND athlete_name IS NOT NULL`, customer).Scan(&has); err != nil {
		return "", err
	}
	if has >= most {
		return "", &pierre.Error{Kind: pierre.KindDenied, Field: pierre.HeaderAthlete, Msg: fmt.Sprintf(
			"There is no athlete of this name, and no new one can be made: you have %d athletes, and this server admits %d. Delete some with DELETE /v1/athletes/NAME, or ask its operator for more.", has, most)}
	}
	id := pierre.NewUserID()
	_, err = t.exec(ctx, `INSERT INTO users (id, customer_id, athlete_name, created_us) VALUES ($1, $2, $3, $4)`, id, customer, name, now.UnixMicro())
	return id, err
}

func athleteID(ctx context.Context, in querier, customer pierre.UserID, name pierre.AthleteName) (pierre.UserID, error) {
	var id pierre.UserID
	err := in.row(ctx, `SELECT id FROM users WHERE customer_id = $1 AND athlete_name = $2`, customer, name).Scan(&id)
	return id, err
}

const selectAthlete = `SELECT u.id, u.athlete_name, u.created_us FROM users u WHERE u.customer_id = $1 AND u.athlete_name IS NOT NULL`

func scanAthlete(from scanner) (pierre.Athlete, error) {
	var a pierre.Athlete
	err := from.Scan(&a.ID, &a.Name, instant{&a.Created})
	return a, err
}

// countActivities fills in what activities the athletes have. It asks apart from the athletes, since distributed databases have the
// activities elsewhere.
func (s *Store) countActivities(ctx context.Context, athletes []pierre.Athlete) error {
	if len(athletes) == 0 {
		return nil
	}
	f, of := &filter{}, map[pierre.UserID]*pierre.Athlete{}
	ids := make([]pierre.UserID, len(athletes))
	for i := range athletes {
		ids[i], of[athletes[i].ID] = athletes[i].ID, &athletes[i]
	}
	f.and("user_id IN (" + list(f, ids) + ")")
	rows, err := s.query(ctx, `SELECT user_id, count(*), max(start_us) FROM activities WHERE `+f.where()+` GROUP BY user_id`, f.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id pierre.UserID
		var counted pierre.Athlete
		if err := rows.Scan(&id, &counted.Activities, instant{&counted.LastActivity}); err != nil {
			return err
		}
		of[id].Activities, of[id].LastActivity = counted.Activities, counted.LastActivity
	}
	return rows.Err()
}

// Athlete returns the customer's athlete of that name.
func (s *Store) Athlete(ctx context.Context, customer pierre.UserID, name pierre.AthleteName) (pierre.Athlete, error) {
	a, err := scanAthlete(s.row(ctx, selectAthlete+` AND u.athlete_name = $2`, customer, name))
	if err != nil {
		return a, s.classify(err, "athlete")
	}
	found := []pierre.Athlete{a}
	err = s.countActivities(ctx, found)
	return found[0], s.classify(err, "athlete")
}

// AthleteID returns the id of the customer's athlete of that name.
func (s *Store) AthleteID(ctx context.Context, customer pierre.UserID, name pierre.AthleteName) (pierre.UserID, error) {
	id, err := athleteID(ctx, s, customer, name)
	return id, s.classify(err, "athlete")
}

// Athletes returns a page of a customer's athletes.
func (s *Store) Athletes(ctx context.Context, q pierre.AthleteQuery) (pierre.AthletePage, error) {
	from := position{At: 1<<63 - 1}
	if q.Cursor != "" {
		var err error
		if from, err = parsePosition(q.Cursor); err != nil {
			return pierre.AthletePage{}, err
		}
	}
	rows, err := s.query(ctx, selectAthlete+` AND (u.created_us, u.id) < ($2, $3) ORDER BY u.created_us DESC, u.id DESC LIMIT $4`,
		q.Customer, from.At, from.ID, q.Limit+1)
	if err != nil {
		return pierre.AthletePage{}, s.classify(err, "listing athletes")
	}
	defer rows.Close()
	page := pierre.AthletePage{Athletes: []pierre.Athlete{}}
	for rows.Next() {
		a, err := scanAthlete(rows)
		if err != nil {
			return pierre.AthletePage{}, s.classify(err, "listing athletes")
		}
		page.Athletes = append(page.Athletes, a)
	}
	if len(page.Athletes) > q.Limit { // one more than wanted was read, to know if there are more
		page.Athletes = page.Athletes[:q.Limit]
		last := page.Athletes[q.Limit-1]
		page.NextCursor = position{At: last.Created.UnixMicro(), ID: string(last.ID)}.cursor()
	}
	err = errors.Join(rows.Err(), rows.Close()) // before the next query
	if err == nil {
		err = s.countActivities(ctx, page.Athletes)
	}
	return page, s.classify(err, "listing athletes")
}

// DeleteAthlete deletes the customer's athlete of that name with all data, and returns which user that was, "" if there is
// none. The name is free at once. What the athlete has goes piece by piece, so that others can write in between; if that
// breaks off, [Store.FinishDeletions] goes on.
func (s *Store) DeleteAthlete(ctx context.Context, act pierre.Act, customer pierre.UserID, name pierre.AthleteName) (pierre.UserID, error) {
	var id pierre.UserID
	err := s.update(ctx, "deleting an athlete", func(t *tx) error {
		var err error
		if id, err = athleteID(ctx, t, customer, name); errors.Is(err, sql.ErrNoRows) {
			id = ""
			return nil
		} else if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE users SET athlete_name = NULL WHERE id = $1`, id); err != nil {
			return err
		}
		// The log is for ever, and a name may tell who it is: the id stands for the athlete.
		details := struct {
			Customer pierre.UserID `json:"customer_id"`
		}{customer}
		if err := t.audit(ctx, act, "athlete.delete", string(id), details); err != nil {
			return err
		}
		return t.changed(ctx, act.At, pierre.Change{Kind: pierre.ChangeAthleteGone, ID: string(id)})
	})
	if err != nil || id == "" {
		return "", err
	}
	return id, s.deleteUser(ctx, id)
}

// deletedAtOnce is how many activities one transaction deletes: a few milliseconds, in which nothing else is written.
// A file has up to 16 MB.
const (
	deletedAtOnce = 100
	filesAtOnce   = 4
)

// gone is the condition on users who can no longer be found, whose data is being deleted: customers without an e-mail
// address and athletes without a name.
const gone = `(email IS NULL AND athlete_name IS NULL)`

// deleteUser deletes a user who can no longer be found, and the user's athletes, piece by piece.
func (s *Store) deleteUser(ctx context.Context, id pierre.UserID) error {
	for {
		var athlete pierre.UserID
		err := s.row(ctx, `SELECT id FROM users WHERE customer_id = $1 LIMIT 1`, id).Scan(&athlete)
		if errors.Is(err, sql.ErrNoRows) {
			return s.deleteData(ctx, id, gone)
		}
		if err != nil {
			return s.classify(err, "looking for athletes")
		}
		if err := s.deleteData(ctx, athlete, `customer_id IS NOT NULL`); err != nil {
			return err
		}
	}
}

// deleteData deletes a user who has no athletes, if the condition holds, piece by piece.
func (s *Store) deleteData(ctx context.Context, id pierre.UserID, condition string) error {
	for more := true; more; {
		var err error
		if more, err = s.deletePiece(ctx, id); err != nil {
			return err
		}
	}
	return s.update(ctx, "deleting a user", func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM users WHERE id = $1 AND `+condition, id)
		return err
	})
}

// deletePiece deletes some of what a user has most of, and reports whether more may be left.
func (s *Store) deletePiece(ctx context.Context, id pierre.UserID) (more bool, err error) {
	err = s.update(ctx, "deleting a user's activities", func(t *tx) error {
		more = false
		for _, piece := range []struct {
			query string
			most  int64
		}{
			{`DELETE FROM activities WHERE user_id = $1 AND id IN (SELECT id FROM activities WHERE user_id = $1 LIMIT $2)`, deletedAtOnce},
			{`DELETE FROM originals WHERE user_id = $1 AND sha256 IN (SELECT sha256 FROM originals WHERE user_id = $1 LIMIT $2)`, filesAtOnce},
			{`DELETE FROM deleted_recordings WHERE user_id = $1 AND (provider, external_id, sha256, part) IN
				(SELECT provider, external_id, sha256, part FROM deleted_recordings WHERE user_id = $1 LIMIT $2)`, deletedAtOnce},
		} {
			n, err := t.change(ctx, piece.query, id, piece.most)
			if err != nil {
				return err
			}
			more = more || n == piece.most
		}
		return nil
	})
	return more, err
}

// FinishDeletions deletes what is left of users whose deletion broke off.
func (s *Store) FinishDeletions(ctx context.Context) error {
	for {
		var id pierre.UserID
		err := s.row(ctx, `SELECT id FROM users WHERE `+gone+` LIMIT 1`).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return s.classify(err, "looking for unfinished deletions")
		}
		if err := s.deleteUser(ctx, id); err != nil {
			return err
		}
	}
}
