package weather

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// UsualDaily is how many questions all servers of an installation put to the service in a day, unless their operator says
// otherwise. Without a key the service answers fewer than 10 000 in a day, 5 000 in an hour and 600 in a minute
// (open-meteo.com/en/terms); a question of at most 10 variables and 14 days counts as one, and none here is larger.
const UsualDaily = 8000

// windows are the times in which questions are counted, with how many of them there may be: those of an hour and of a minute
// are as many of those of a day as the service's own.
func windows(daily int) []pierre.WeatherWindow {
	const hourly, minutely = 2, 17 // parts of a day's
	return []pierre.WeatherWindow{
		{Length: 24 * time.Hour, Most: daily}, {Length: time.Hour, Most: max(1, daily/hourly)}, {Length: time.Minute, Most: max(1, daily/minutely)},
	}
}

// count takes a question from what all servers may ask together. It returns an error that says when there are more.
func (s *Service) count(ctx context.Context, by Asker, now time.Time) error {
	all := windows(s.daily)
	return s.store.CountWeather(ctx, all, sharer(by, now), now, func(asked, own []int) error {
		for n, w := range all {
			if asked[n] >= w.Most {
				return refused(w, now, "This server put as many questions to the weather service as it may in ")
			}
		}
		// Nobody has more of any window than is left in it for everybody else. Whoever comes late finds as much as each of the others had.
		for n, w := range all {
			if own[n] >= w.Most-asked[n] {
				return refused(w, now, "You had your share of the questions that this server may put to the weather service in ")
			}
		}
		return nil
	})
}

const keptSentence = "what was answered within the last hour is answered again at any time."

// refused returns the error that there are no more questions in a window: why, up to the window's name, and when there are again.
func refused(w pierre.WeatherWindow, now time.Time, why string) error {
	again := w.End(now)
	length := map[time.Duration]string{time.Minute: "a minute", time.Hour: "an hour"}[w.Length]
	return &pierre.Error{
		Kind: pierre.KindRateLimited, RetryAfter: again.Sub(now),
		Msg: why + cmp.Or(length, "a day") + ". Ask again from " + again.Format("15:04") + " UTC on; " + keptSentence,
	}
}

// sharer names who has a share, for a day: the name says nothing of a person, and is another one on the next day.
func sharer(by Asker, now time.Time) string {
	const enough = 16
	sum := sha256.Sum256([]byte(midnight(now).Format(time.DateOnly) + "\x00" + string(cmp.Or(by.Customer, by.User))))
	return hex.EncodeToString(sum[:enough])
}
