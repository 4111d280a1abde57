package limit

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// The first bucket's first window lies in the account. Windows of others, and those that follow, are never there at the same time.
func TestAnAccountHoldsItsFirstWindow(t *testing.T) {
	if size := unsafe.Sizeof(account{}); size > 128 {
		t.Errorf("an account takes %d bytes, and there is one for each customer that calls", size)
	}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	a, now := newAccount(), day
	open := func(id string, period pierre.Period) *window {
		t.Helper()
		b := pierre.Bucket{ID: id, Limit: pierre.Limit{Requests: 10, Period: period}}
		w, err := New(nothingUsed{}).window(t.Context(), a, b, a.bucket(b, time.Time{}), now)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if open("key:b", pierre.PeriodHour) != &a.windows[0] {
		t.Error("the first window has memory of its own")
	}
	open("customer:a", pierre.PeriodDay).used = 5
	open("key:b", pierre.PeriodDay).used = 7
	now = now.Add(time.Hour)
	open("key:b", pierre.PeriodHour).used = 3
	if got := open("customer:a", pierre.PeriodDay).used; got != 5 {
		t.Errorf("the customer used %d, want 5", got)
	}
	if hour, day := open("key:b", pierre.PeriodHour).used, open("key:b", pierre.PeriodDay).used; hour != 3 || day != 7 {
		t.Errorf("the key used %d and %d, want 3 and 7", hour, day)
	}
	if !a.idle(day.AddDate(0, 0, 1)) {
		t.Error("the account is not idle the day after")
	}
	if w := open("customer:a", pierre.PeriodMonth); w != &a.windows[0] || w.used != 0 {
		t.Errorf("after it was idle, the first window is %v", *w)
	}
}

type nothingUsed struct{}

func (nothingUsed) QuotaUsed(context.Context, string, pierre.Period, time.Time, []pierre.RunningCall) (int64, error) {
	return 0, nil
}
