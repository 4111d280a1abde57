package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	shortWait   = 15 * time.Minute // where a provider does not say how long
	longestWait = 25 * time.Hour
)

// pauseUntil returns until when nothing more may be asked, by the headers of an answer, and the zero time if more may be
// asked. Providers count in several windows, whose numbers are lists in the same order:
//
//	X-RateLimit-Remaining: 0, 88    X-RateLimit-Reset: 120, 3600     (Wahoo, WHOOP, and RateLimit-… without X-)
//	RateLimit-Usage: 500, 600       RateLimit-Limit: 500, 5000       RateLimit-Reset: 899, 86399   (Polar)
//	X-RateLimit-Usage: 100, 300     X-RateLimit-Limit: 100, 1000     (Strava: a quarter of an hour, and a day)
func pauseUntil(status int, h http.Header, now time.Time) time.Time {
	var until time.Time
	if asksToWait(status, h) {
		until = retryAfter(h.Get("Retry-After"), now)
	}
	for _, prefix := range []string{"X-RateLimit-", "X-ReadRateLimit-", "RateLimit-"} {
		until = later(until, byWindows(h, prefix, now))
	}
	if asksToWait(status, h) && until.IsZero() {
		until = now.Add(shortWait)
	}
	if latest := now.Add(longestWait); until.After(latest) {
		return latest
	}
	return until
}

// asksToWait reports whether an answer is a refusal for a time: 429, or 503 of a provider that says how long it is out of order.
func asksToWait(status int, h http.Header) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && h.Get("Retry-After") != ""
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func byWindows(h http.Header, prefix string, now time.Time) time.Time {
	remaining, reset := numbers(h.Get(prefix+"Remaining")), numbers(h.Get(prefix+"Reset"))
	used, limit := numbers(h.Get(prefix+"Usage")), numbers(h.Get(prefix+"Limit"))
	var until time.Time
	for n, left := range remaining {
		if left <= 0 && n < len(reset) {
			until = later(until, now.Add(seconds(reset[n])))
		}
	}
	for n, u := range used {
		switch {
		case n >= len(limit) || u < limit[n]:
		case n < len(reset):
			until = later(until, now.Add(seconds(reset[n])))
		case n == 0:
			until = later(until, now.UTC().Truncate(shortWait).Add(shortWait))
		default:
			until = later(until, now.UTC().Truncate(24*time.Hour).Add(24*time.Hour))
		}
	}
	return until
}

func seconds(n int64) time.Duration {
	return time.Duration(min(max(1, n), int64(longestWait/time.Second))) * time.Second
}

// numbers reads a list such as "100, 100;window=60". It is empty if anything in it is no number.
func numbers(list string) []int64 {
	var all []int64
	for part := range strings.SplitSeq(list, ",") {
		text, _, _ := strings.Cut(part, ";")
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}

// retryAfter reads the header of that name (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Time {
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		return now.Add(seconds(n))
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at
	}
	return time.Time{}
}
