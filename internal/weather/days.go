package weather

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// days returns the days from first to last: those that are kept, and the others from the service.
func (s *Service) days(ctx context.Context, by Asker, cell pierre.WeatherCell, first, last time.Time) ([]pierre.WeatherDay, error) {
	now := s.now()
	have, err := s.store.WeatherDays(ctx, cell, first, last, now)
	if err != nil {
		return nil, err
	}
	archived := midnight(now).AddDate(0, 0, -archiveAfter)
	var fresh []pierre.WeatherDay
	if lacks := missing(have, first, earlier(last, archived)); len(lacks) > 0 {
		days, err := s.ask(ctx, by, s.archive, cell, lacks[0], lacks[len(lacks)-1])
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, s.late(days)...)
	}
	begin := later(first, midnight(now).AddDate(0, 0, -forecastReach))
	if lacks := missing(append(have, fresh...), begin, last); len(lacks) > 0 {
		days, err := s.ask(ctx, by, s.forecast, cell, lacks[0], lacks[len(lacks)-1])
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, days...)
	}
	if err := s.store.KeepWeather(ctx, fresh); err != nil {
		s.log.WarnContext(ctx, "an answer about the weather could not be kept", slog.Any("err", err))
	}
	return merged(have, fresh), nil
}

// late leaves out the days that the archive does not have yet and that the host of forecasts still knows.
func (s *Service) late(days []pierre.WeatherDay) []pierre.WeatherDay {
	reach := midnight(s.now()).AddDate(0, 0, -forecastReach)
	return slices.DeleteFunc(days, func(d pierre.WeatherDay) bool { return !hasTemperature(d) && !d.Day.Before(reach) })
}

// missing lists the days from first to last that are not there.
func missing(have []pierre.WeatherDay, first, last time.Time) []time.Time {
	var lacks []time.Time
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		if !slices.ContainsFunc(have, func(d pierre.WeatherDay) bool { return d.Day.Equal(day) }) {
			lacks = append(lacks, day)
		}
	}
	return lacks
}

// merged puts the fresh days in place of those that were there, in order.
func merged(have, fresh []pierre.WeatherDay) []pierre.WeatherDay {
	have = slices.DeleteFunc(have, func(d pierre.WeatherDay) bool {
		return slices.ContainsFunc(fresh, func(f pierre.WeatherDay) bool { return f.Day.Equal(d.Day) })
	})
	all := append(have, fresh...)
	slices.SortFunc(all, func(a, b pierre.WeatherDay) int { return a.Day.Compare(b.Day) })
	return all
}

// mayAsk returns an error while a host wants to be left alone, the share of whoever asks is used up, or what all may ask.
func (s *Service) mayAsk(ctx context.Context, by Asker, h *host, now time.Time) error {
	if err := h.rests(now); err != nil {
		return shown(err, now)
	}
	wait := s.shares.take(by, now)
	if wait == 0 {
		return s.count(ctx, by, now)
	}
	again := now.Add(wait).Add(time.Minute - 1).Truncate(time.Minute)
	return &pierre.Error{
		Kind: pierre.KindRateLimited, RetryAfter: wait,
		Msg: "You asked for the weather of too many places and days. Ask for others from " + again.UTC().Format("15:04") +
			" UTC on; " + keptSentence,
	}
}

// ask asks a host for the days from first to last.
func (s *Service) ask(ctx context.Context, by Asker, h *host, cell pierre.WeatherCell, first, last time.Time) ([]pierre.WeatherDay, error) {
	now := s.now()
	if err := s.mayAsk(ctx, by, h, now); err != nil {
		return nil, err
	}
	body, err := h.get(ctx, now, cell, first, last)
	var a answer
	if err == nil {
		a, err = parse(body, first, last)
	}
	if turn := h.note(now, err); turn != "" {
		s.log.WarnContext(ctx, "the weather service gave no answer", slog.String("outcome", turn), slog.Any("err", err))
	}
	if err != nil {
		return nil, shown(err, now)
	}
	days := a.days(cell, first, last)
	for n := range days {
		d := &days[n]
		d.Forecast, d.Fetched = h == s.forecast, now
		d.Expires = now.Add(s.keepFor(*d))
	}
	return days, nil
}

// keepFor is how long an answer about a day stays good.
func (s *Service) keepFor(d pierre.WeatherDay) time.Duration {
	switch {
	case !d.Forecast:
		return keepArchive
	case d.Day.AddDate(0, 0, 1).Before(s.now().Add(-24 * time.Hour)):
		return keepRecent
	default:
		return keepForecast
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
