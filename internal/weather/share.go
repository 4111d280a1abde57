package weather

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// An Asker is for whom the service is asked. Each has a share of its questions, so that nobody uses up what all may ask.
type Asker struct {
	User     pierre.UserID // the athlete
	Customer pierre.UserID // whose key it is, also for other athletes; "": nobody else's
}

// Questions that are not answered from the store, by one server.
const (
	userHourly, userDaily         = 30, 200
	customerHourly, customerDaily = 300, 2000

	mostSharers = 20_000 // users, and customers, that are remembered; beyond them one is forgotten, and has the full share again
)

// A share is what a user, or a customer with all athletes, may still ask: so much at once, and then as time passes.
type share struct{ hour, day *rate.Limiter }

// shares are those of all who asked.
type shares struct {
	mu               sync.Mutex
	users, customers map[pierre.UserID]share
}

func newShares() *shares {
	return &shares{users: map[pierre.UserID]share{}, customers: map[pierre.UserID]share{}}
}

// take takes one question from the shares of whoever asks. It returns how long to wait if there is none; nothing is taken then.
func (s *shares) take(by Asker, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := shareOf(s.users, by.User, userHourly, userDaily)
	limiters := []*rate.Limiter{user.hour, user.day}
	if by.Customer != "" {
		customer := shareOf(s.customers, by.Customer, customerHourly, customerDaily)
		limiters = append(limiters, customer.hour, customer.day)
	}
	var wait time.Duration
	taken := make([]*rate.Reservation, len(limiters))
	for n, l := range limiters {
		taken[n] = l.ReserveN(now, 1)
		wait = max(wait, taken[n].DelayFrom(now))
	}
	if wait > 0 {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	return wait
}

// shareOf returns a user's share, a full one at first.
func shareOf(all map[pierre.UserID]share, who pierre.UserID, hourly, daily int) share {
	if one, ok := all[who]; ok {
		return one
	}
	if len(all) >= mostSharers {
		for other := range all {
			delete(all, other)
			break
		}
	}
	one := share{
		rate.NewLimiter(rate.Every(time.Hour/time.Duration(hourly)), hourly),
		rate.NewLimiter(rate.Every(24*time.Hour/time.Duration(daily)), daily),
	}
	all[who] = one
	return one
}
