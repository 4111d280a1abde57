package db_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// rule makes a rule, the only one there is.
func rule(t *testing.T, d *db.DB, channel string) db.Rule {
	t.Helper()
	list, err := d.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := d.DeleteRule(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	r := db.Rule{ID: "r", Name: "<script>", Scope: "key", Target: "key_a", Condition: "limit", Threshold: 90, Window: 15 * time.Minute, Channel: channel, Made: noon()}
	if err := d.PutRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func found(t *testing.T, d *db.DB, id, period string, at time.Time) (added bool) {
	t.Helper()
	err := d.Update(t.Context(), "testing", func(tx *db.Tx) (err error) {
		added, err = d.AddAlert(t.Context(), tx, db.Alert{ID: id, Rule: "r", Subject: "key:key_a", Period: period, Title: "T " + id, Found: at})
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return added
}

// TestAnAlertIsFoundOnce: while it is open, and in its period; then it is found again.
func TestAnAlertIsFoundOnce(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		rule(t, d, "")
		added := make([]bool, 6)
		var wg sync.WaitGroup
		for n := range added {
			wg.Go(func() { added[n] = found(t, replicas[n%2], fmt.Sprint(n), "p1", noon()) })
		}
		wg.Wait()
		open, err := d.OpenAlerts(ctx, "r")
		if count := strings.Count(fmt.Sprint(added), "true"); err != nil || count != 1 || len(open) != 1 {
			t.Fatalf("added %v, open %+v: %v", added, open, err)
		}
		if found(t, d, "other period", "p2", noon().Add(time.Minute)) {
			t.Error("an alert that is open was found in another period")
		}
		if open, err = d.OpenAlerts(ctx, ""); err != nil || len(open) != 1 || open[0].Title != "T other period" || !open[0].Seen.Equal(noon().Add(time.Minute)) || !open[0].Found.Equal(noon()) {
			t.Errorf("that it is still so is not noted: %+v, %v", open, err)
		}
		for n, want := range []bool{true, false} {
			update(t, replicas[n], func(tx *db.Tx) error {
				if ended, err := replicas[n].EndAlert(ctx, tx, open[0].ID, noon().Add(time.Hour)); ended != want || err != nil {
					t.Errorf("end %d: %t, %v", n, ended, err)
				}
				return nil
			})
		}
		if found(t, d, "same period", "p1", noon().Add(2*time.Hour)) {
			t.Error("an alert that is over was found again in its period")
		}
		if past, err := d.PastAlerts(ctx, 9); err != nil || len(past) != 1 || !past[0].Seen.Equal(noon().Add(time.Minute)) || !past[0].Over.Equal(noon().Add(time.Hour)) {
			t.Errorf("alerts that are over: %+v, %v", past, err)
		}
		if !found(t, d, "next period", "p2", noon().Add(2*time.Hour)) {
			t.Error("an alert of the next period was not found")
		}
		if err := d.ForgetAlerts(ctx, noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if past, err := d.PastAlerts(ctx, 9); err != nil || len(past) != 1 {
			t.Errorf("one that ended just then was forgotten: %+v, %v", past, err)
		}
		if err := d.ForgetAlerts(ctx, noon().Add(1000*time.Hour)); err != nil {
			t.Fatal(err)
		}
		past, err := d.PastAlerts(ctx, 9)
		if n, count := d.CountOpenAlerts(ctx); err != nil || count != nil || len(past) > 0 || n != 1 {
			t.Errorf("left: %+v, %d open: %v, %v", past, n, err, count)
		}
	})
}

// TestWhoTakesAnAlertFirst counts, while it is open; the others are told who it is.
func TestWhoTakesAnAlertFirst(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		rule(t, d, "")
		found(t, d, "a", "p", noon())
		people, errs := []string{"ana", "bob", "cid", "dan"}, make([]error, 4)
		var wg sync.WaitGroup
		for n := range people {
			wg.Go(func() { errs[n] = replicas[n%2].TakeAlert(ctx, "a", people[n], noon()) })
		}
		wg.Wait()
		open, err := d.OpenAlerts(ctx, "")
		if err != nil || len(open) != 1 || !open[0].Taken.Equal(noon()) || open[0].Name != "<script>" {
			t.Fatalf("taken: %+v, %v", open, err)
		}
		first := open[0].TakenBy
		for n, err := range errs {
			if people[n] == first && err != nil || people[n] != first && (pierre.KindOf(err) != pierre.KindConflict || !strings.HasPrefix(pierre.MessageOf(err, ""), first+" looks after")) {
				t.Errorf("%s was first, and %s is told %v", first, people[n], err)
			}
		}
		if err := d.TakeAlert(ctx, "a", first, noon().Add(time.Hour)); err != nil {
			t.Errorf("who has it is told %v", err)
		}
		if err := d.TakeAlert(ctx, "none", "ana", noon()); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("an alert that is not there: %v", err)
		}
		end := func(id string) {
			update(t, d, func(tx *db.Tx) error { _, err := d.EndAlert(ctx, tx, id, noon().Add(time.Minute)); return err })
		}
		end("a")
		found(t, d, "b", "q", noon().Add(time.Minute))
		end("b")
		if err := d.TakeAlert(ctx, "b", "bob", noon().Add(time.Hour)); pierre.KindOf(err) != pierre.KindConflict {
			t.Errorf("an alert that is over was taken: %v", err)
		}
		if past, err := d.PastAlerts(ctx, 1); err != nil || past[0].ID != "b" || past[0].TakenBy != "" || !past[0].Taken.IsZero() {
			t.Errorf("an alert that was over is somebody's: %+v, %v", past, err)
		}
	})
}

// TestRulesAreChangedAndSnoozed: a change keeps the snooze, and one rule's is not another's.
func TestRulesAreChangedAndSnoozed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), rule(t, d, "")
		other := r
		other.ID, other.Name = "s", "A"
		if err := d.PutRule(ctx, other); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"r", "' OR '1'='1"} {
			if err := d.SnoozeRules(ctx, id, noon().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		r.Snoozed, r.Threshold, r.Window, r.Target = noon().Add(time.Hour), 75, time.Hour, "key_b"
		if err := d.PutRule(ctx, r); err != nil {
			t.Fatal(err)
		}
		if list, err := d.Rules(ctx); err != nil || len(list) != 2 || list[0] != r || list[1] != other {
			t.Errorf("rules: %+v, %v", list, err)
		}
		for _, until := range []time.Time{noon().Add(time.Minute), {}} {
			if err := d.SnoozeRules(ctx, "", until); err != nil {
				t.Fatal(err)
			}
			if list, err := d.Rules(ctx); err != nil || !list[0].Snoozed.Equal(until) || !list[1].Snoozed.Equal(until) {
				t.Errorf("all until %v: %+v, %v", until, list, err)
			}
		}
		wrong := r
		wrong.ID, wrong.Scope = "w", "everybody"
		if err := d.PutRule(ctx, wrong); err == nil {
			t.Error("a rule about everybody was kept")
		}
		wrong.Scope, wrong.Channel = "all", "channel_none"
		if err := d.PutRule(ctx, wrong); err == nil {
			t.Error("a rule with a channel that is not there was kept")
		}
		found(t, d, "a", "p", noon())
		for range 2 {
			if err := d.DeleteRule(ctx, "r"); err != nil {
				t.Error(err)
			}
		}
		if _, err := d.Rule(ctx, "r"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a deleted rule: %v", err)
		}
		if n, err := d.CountOpenAlerts(ctx); err != nil || n != 0 {
			t.Errorf("%d alerts of a deleted rule are open: %v", n, err)
		}
	})
}

// TestDeliveries: each is one program's for the time of its lease, mails are taken another way, and a channel that goes takes
// its deliveries along.
func TestDeliveries(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		for _, c := range []db.Channel{{ID: "hook", Kind: "webhook", Name: "H", Sealed: []byte("x"), Made: noon()}, {ID: "mail", Kind: "mail", Name: "M", Target: "a@example.com", Made: noon()}} {
			if err := d.AddChannel(ctx, c); err != nil {
				t.Fatal(err)
			}
			if got, err := d.Channel(ctx, c.ID); err != nil || fmt.Sprint(got) != fmt.Sprint(c) {
				t.Errorf("%+v, want %+v: %v", got, c, err)
			}
		}
		if err := d.AddChannel(ctx, db.Channel{ID: "x", Kind: "fax", Name: "F"}); err == nil {
			t.Error("a channel of no kind was kept")
		}
		r := rule(t, d, "hook")
		for n, channel := range []string{"mail", "hook", "hook", "mail"} {
			update(t, d, func(tx *db.Tx) error {
				return d.AddDelivery(ctx, tx, db.Delivery{ID: fmt.Sprint(n), Channel: channel, Event: "e", Body: "{}", Made: noon().Add(time.Duration(n) * time.Second)})
			})
		}
		next := func(n int, lease string, at time.Time) string {
			t.Helper()
			got, ok, err := replicas[n].TakeDelivery(ctx, lease, at, at.Add(time.Minute))
			if err != nil || ok != (got.ID != "") {
				t.Fatal(got, ok, err)
			}
			return got.ID
		}
		at := noon().Add(2 * time.Second)
		if got := [4]string{next(0, "x", noon()), next(0, "x", at), next(1, "y", at), next(1, "y", at)}; got != [4]string{"", "1", "2", ""} {
			t.Errorf("taken: %q", got)
		}
		gone := db.Delivery{ID: "1", State: "dead", Ended: at, Outcome: "too late"}
		for _, lease := range []string{"y", ""} { // not its lease
			if err := d.EndDelivery(ctx, gone, lease); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.EndDelivery(ctx, db.Delivery{ID: "1", State: "waiting", Due: at.Add(time.Hour), Outcome: "again"}, "x"); err != nil {
			t.Fatal(err)
		}
		if got := [2]string{next(0, "z", at.Add(time.Hour-time.Microsecond)), next(0, "z", at.Add(time.Hour))}; got != [2]string{"2", "1"} { // the lease of 2 ended
			t.Errorf("taken later: %q", got)
		}
		gone.Outcome = "given up"
		if err := d.EndDelivery(ctx, gone, "z"); err != nil {
			t.Fatal(err)
		}
		for channel, id := range map[string]string{"mail": "1", "hook": "2", "": "1", "none": "none"} {
			if err := d.ReplayDelivery(ctx, channel, id, at); pierre.KindOf(err) != pierre.KindConflict {
				t.Errorf("%s of %q was sent again: %v", id, channel, err)
			}
		}
		if err := d.ReplayDelivery(ctx, "hook", "1", at.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		list, err := d.Deliveries(ctx, "hook", 9)
		if err != nil || len(list) != 2 || list[0].ID != "1" || list[0].State != "waiting" || list[0].Tries != 0 || !list[0].Ended.IsZero() || list[1].Tries != 2 {
			t.Errorf("deliveries: %+v, %v", list, err)
		}

		taken := make([]int, 4) // two programs mail at once
		var wg sync.WaitGroup
		for n := range taken {
			wg.Go(func() {
				err := replicas[n%2].Update(ctx, "mailing", func(tx *db.Tx) error {
					list, err := replicas[n%2].TakeMails(ctx, tx, "mail", at)
					taken[n] = len(list)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if sum := taken[0] + taken[1] + taken[2] + taken[3]; sum != 2 {
			t.Errorf("taken for mails: %v", taken)
		}
		if err := d.StopChannel(ctx, "hook", "It wants no more."); err != nil {
			t.Fatal(err)
		}
		if c, err := d.Channel(ctx, "hook"); err != nil || c.Stopped != "It wants no more." {
			t.Errorf("a stopped channel: %+v, %v", c, err)
		}
		if err := d.DeleteChannel(ctx, "hook"); err != nil {
			t.Fatal(err)
		}
		r.Channel = ""
		if got, err := d.Rule(ctx, "r"); err != nil || got != r {
			t.Errorf("the rule of a channel that is gone: %+v, %v", got, err)
		}
		if _, err := d.Channel(ctx, "hook"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("a channel that is gone: %v", err)
		}
		if list, err := d.Channels(ctx); err != nil || len(list) != 1 || next(0, "z", at.Add(100*time.Hour)) != "" {
			t.Errorf("what is left: %+v, %v", list, err)
		}
	})
}

// TestCountriesOfAKey: each is new once, and another key's is another.
func TestCountriesOfAKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, c := range []struct {
			key     pierre.KeyID
			country string
			first   bool
		}{{"a", "CH", true}, {"a", "CH", false}, {"b", "CH", true}, {"a", "AT", true}, {"a", "", true}} {
			update(t, d, func(tx *db.Tx) error {
				if first, err := d.NewCountry(t.Context(), tx, c.key, c.country, noon()); first != c.first || err != nil {
					t.Errorf("%s in %q: %t, %v", c.key, c.country, first, err)
				}
				return nil
			})
		}
		if list, err := d.KeyCountries(t.Context(), "a"); err != nil || fmt.Sprintf("%q", list) != `["" "AT" "CH"]` {
			t.Errorf("countries: %q, %v", list, err)
		}
		if list, err := d.KeyCountries(t.Context(), "c"); err != nil || len(list) > 0 {
			t.Errorf("countries of a key that was never used: %q, %v", list, err)
		}
	})
}
