package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// WeatherDays returns what is kept of the weather of a cell from the first to the last day, without what has expired.
// It is nobody's: no user is behind it.
func (s *Store) WeatherDays(ctx context.Context, cell pierre.WeatherCell, first, last, now time.Time) ([]pierre.WeatherDay, error) {
	rows, err := s.query(ctx, `SELECT day, forecast, elevation_m, hours, fetched_us, expires_us FROM weather_days
		WHERE latitude_tenths = $1 AND longitude_tenths = $2 AND day >= $3 AND day <= $4 AND expires_us > $5 ORDER BY day`,
		cell.Latitude, cell.Longitude, dayNumber(first), dayNumber(last), now.UnixMicro())
	list, err := collect(rows, err, func(from scanner) (pierre.WeatherDay, error) {
		d := pierre.WeatherDay{Cell: cell}
		var day, forecast int64
		var hours []byte
		var fetched, expires sql.NullInt64
		if err := from.Scan(&day, &forecast, &d.Elevation, &hours, &fetched, &expires); err != nil {
			return d, err
		}
		d.Day, d.Forecast = time.Unix(day*daySeconds, 0).UTC(), forecast == 1
		d.Fetched, d.Expires = fromMicros(fetched), fromMicros(expires)
		if err := json.Unmarshal(hours, &d.Hours); err != nil {
			return d, fmt.Errorf("reading the hours: %w", err)
		}
		return d, nil
	})
	return list, s.classify(err, "reading kept weather")
}

// KeepWeather keeps days, each in place of the same day of the same cell.
func (s *Store) KeepWeather(ctx context.Context, days []pierre.WeatherDay) error {
	return s.apply(ctx, "keeping weather", func(t *tx) error {
		for _, d := range days {
			hours, err := json.Marshal(d.Hours)
			if err != nil {
				return err
			}
			forecast := 0
			if d.Forecast {
				forecast = 1
			}
			_, err = t.exec(ctx, `INSERT INTO weather_days
				(latitude_tenths, longitude_tenths, day, forecast, elevation_m, hours, fetched_us, expires_us)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (latitude_tenths, longitude_tenths, day)
				DO UPDATE SET forecast = excluded.forecast, elevation_m = excluded.elevation_m, hours = excluded.hours,
				fetched_us = excluded.fetched_us, expires_us = excluded.expires_us`,
				d.Cell.Latitude, d.Cell.Longitude, dayNumber(d.Day), forecast, d.Elevation, string(hours), d.Fetched.UnixMicro(), d.Expires.UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// CountWeather counts a question to the weather service in each of the windows that now is in, if may allows it: asked are
// the questions of each window, own how many of them were who's. Who has a share is named by a hash.
func (s *Store) CountWeather(ctx context.Context, windows []pierre.WeatherWindow, who string, now time.Time, may func(asked, own []int) error) error {
	return s.update(ctx, "counting questions about the weather", func(t *tx) error {
		asked, own := make([]int, len(windows)), make([]int, len(windows))
		for n, w := range windows {
			var err error
			if asked[n], err = weatherQuestions(ctx, t, w, now, ""); err != nil {
				return err
			}
			if own[n], err = weatherQuestions(ctx, t, w, now, who); err != nil {
				return err
			}
		}
		if err := may(asked, own); err != nil {
			return err
		}
		for _, w := range windows {
			for _, counted := range []string{"", who} {
				if err := countWeather(ctx, t, w, now, counted); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func weatherQuestions(ctx context.Context, t *tx, w pierre.WeatherWindow, now time.Time, who string) (n int, err error) {
	err = t.row(ctx, `SELECT questions FROM weather_questions WHERE length_us = $1 AND start_us = $2 AND who = $3`,
		w.Length.Microseconds(), w.Start(now).UnixMicro(), who).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func countWeather(ctx context.Context, t *tx, w pierre.WeatherWindow, now time.Time, who string) error {
	_, err := t.exec(ctx, `INSERT INTO weather_questions (length_us, start_us, who, questions) VALUES ($1, $2, $3, 1)
		ON CONFLICT (length_us, start_us, who) DO UPDATE SET questions = weather_questions.questions + 1`,
		w.Length.Microseconds(), w.Start(now).UnixMicro(), who)
	return err
}

// ForgetWeather deletes what has expired, and of the rest all but the most, the newest; and the counts of questions of days
// that are over.
func (s *Store) ForgetWeather(ctx context.Context, now time.Time, most int) error {
	return s.apply(ctx, "deleting kept weather", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM weather_days WHERE expires_us <= $1`, now.UnixMicro()); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM weather_questions WHERE start_us < $1`, now.UTC().Truncate(24*time.Hour).UnixMicro()); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM weather_days
			WHERE fetched_us <= (SELECT fetched_us FROM weather_days ORDER BY fetched_us DESC LIMIT 1 OFFSET $1)`, most)
		return err
	})
}
