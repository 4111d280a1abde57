package store

import (
	"context"
	"database/sql"
	"encoding/json"
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

// ForgetWeather deletes what has expired, and of the rest all but the most, the newest.
func (s *Store) ForgetWeather(ctx context.Context, now time.Time, most int) error {
	return s.apply(ctx, "deleting kept weather", func(t *tx) error {
		if _, err := t.exec(ctx, `DELETE FROM weather_days WHERE expires_us <= $1`, now.UnixMicro()); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM weather_days
			WHERE fetched_us <= (SELECT fetched_us FROM weather_days ORDER BY fetched_us DESC LIMIT 1 OFFSET $1)`, most)
		return err
	})
}
