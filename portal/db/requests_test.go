package db_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/db/dbtest"
)

// update runs f in a transaction that must succeed.
func update(t *testing.T, d *db.DB, f func(*db.Tx) error) {
	t.Helper()
	if err := d.Update(t.Context(), "testing", f); err != nil {
		t.Fatal(err)
	}
}

// ask adds a request that was made so many minutes after noon.
func ask(t *testing.T, d *db.DB, id string, minute int, change func(*db.Request)) db.Request {
	t.Helper()
	r := db.Request{
		ID: id, Email: id + "@example.com", UseCase: "U", Tier: "trial", State: db.RequestSubmitted, Version: 1,
		Created: noon().Add(time.Duration(minute) * time.Minute), VerifyHash: db.HashToken("verify " + id), VerifyUntil: noon().Add(24 * time.Hour),
	}
	if change != nil {
		change(&r)
	}
	update(t, d, func(tx *db.Tx) error { return d.AddRequest(t.Context(), tx, r) })
	r.Changed = r.Created
	return r
}

func in(state db.RequestState) func(*db.Request) { return func(r *db.Request) { r.State = state } }

func ids(list []db.Request) string {
	var names []string
	for _, r := range list {
		names = append(names, r.ID)
	}
	return strings.Join(names, " ")
}

func TestARequestIsKeptWhole(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		r := ask(t, d, "a", 0, func(r *db.Request) {
			r.Company, r.UseCase = "<script>alert(1)</script>", "=cmd|'/c calc'!A1\n'; DROP TABLE portal_requests; --"
		})
		if got, err := d.Request(ctx, "a"); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("as it was asked: %+v, want %+v: %v", got, r, err)
		}
		at := func(n int) time.Time { return noon().Add(time.Duration(n) * time.Hour) }
		r.State, r.Changed, r.VerifyHash, r.VerifyUntil, r.Verified = db.RequestProvisioned, at(1), "v", at(2), at(3)
		r.FirstBy, r.FirstAt, r.DecidedBy, r.Decided, r.Reason, r.Plan = "f", at(4), "d", at(5), "why", `{"a":1}`
		r.AnswerHash, r.AnswerUntil, r.KeyID, r.UserID = db.HashToken("answer"), at(6), "key_a", "user_a"
		r.Provisioned, r.Tries, r.NextTry, r.Failure, r.Claimed = at(7), 3, at(8), "out", at(9)
		update(t, d, func(tx *db.Tx) error {
			if saved, err := d.SaveRequest(ctx, tx, r, db.RequestSubmitted); err != nil || !saved {
				return fmt.Errorf("saved %t: %w", saved, err)
			}
			return nil
		})
		r.Version++
		if got, err := d.RequestByAnswerToken(ctx, "answer"); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("with all that may change: %+v, want %+v: %v", got, r, err)
		}
		for name, find := range map[string]func() (db.Request, error){
			"id":           func() (db.Request, error) { return d.Request(ctx, "b") },
			"verify token": func() (db.Request, error) { return d.RequestByVerifyToken(ctx, "verify a") }, // replaced
			"verify hash":  func() (db.Request, error) { return d.RequestByVerifyToken(ctx, "v") },        // the hash is no token
			"answer hash":  func() (db.Request, error) { return d.RequestByAnswerToken(ctx, r.AnswerHash) },
			"no answer":    func() (db.Request, error) { return d.RequestByAnswerToken(ctx, "") },
		} {
			if got, err := find(); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

// TestOneOfTwoChangesIsSaved: the second one was made of a version that is gone.
func TestOneOfTwoChangesIsSaved(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, r := t.Context(), ask(t, replicas[0], "a", 0, in(db.RequestVerified))
		var wg sync.WaitGroup
		won := make([]bool, 6)
		for n := range won {
			wg.Go(func() {
				mine := r
				mine.State, mine.DecidedBy = db.RequestApproved, fmt.Sprint(n)
				err := replicas[n%2].Update(ctx, "approving", func(tx *db.Tx) (err error) {
					won[n], err = replicas[n%2].SaveRequest(ctx, tx, mine, db.RequestVerified)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := replicas[1].Request(ctx, "a")
		if err != nil || got.Version != 2 || got.DecidedBy != fmt.Sprint(slices.Index(won, true)) || slices.Contains(won[slices.Index(won, true)+1:], true) {
			t.Errorf("of %v the request says %q in version %d: %v", won, got.DecidedBy, got.Version, err)
		}
		for name, c := range map[string]struct {
			from    db.RequestState
			id      string
			version int64
		}{"old version": {db.RequestApproved, "a", 1}, "other state": {db.RequestVerified, "a", 2}, "another id": {db.RequestApproved, "b", 2}} {
			update(t, replicas[0], func(tx *db.Tx) error {
				r.ID, r.Version = c.id, c.version
				if saved, err := replicas[0].SaveRequest(ctx, tx, r, c.from); saved || err != nil {
					t.Errorf("%s: saved %t, %v", name, saved, err)
				}
				return nil
			})
		}
	})
}

// TestPagesOfRequests: each request is on one page, those of one moment too, in both orders.
func TestPagesOfRequests(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for n, id := range []string{"c", "a", "b", "e", "d"} {
			ask(t, d, id, n/3, nil) // a, b and c of one moment
		}
		for newest, want := range map[bool]string{false: "a b|c d|e", true: "e d|c b|a"} {
			var pages []string
			f := db.RequestFilter{Limit: 2, Newest: newest}
			for {
				page, err := d.Requests(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, ids(page.Requests))
				if f.Cursor = page.Next; f.Cursor == "" || len(pages) > 5 {
					break
				}
			}
			if got := strings.Join(pages, "|"); got != want {
				t.Errorf("newest first %t: %s, want %s", newest, got, want)
			}
		}
		if page, err := d.Requests(t.Context(), db.RequestFilter{Limit: 5}); err != nil || page.Next != "" || len(page.Requests) != 5 {
			t.Errorf("a page that holds all: %q of %d, %v", page.Next, len(page.Requests), err)
		}
		for _, bad := range []string{".", "1", "a.b", "9223372036854775808.a", "1e3.a", "' OR 1=1 --", "\x00.\x00", "１.a"} {
			if _, err := d.Requests(t.Context(), db.RequestFilter{Limit: 2, Cursor: bad}); pierre.KindOf(err) != pierre.KindInvalid {
				t.Errorf("the cursor %q: %v", bad, err)
			}
		}
		for _, odd := range []string{"0.", "-5.'", "9223372036854775807.\x00\xff", "0.a.b.c"} {
			if _, err := d.Requests(t.Context(), db.RequestFilter{Limit: 2, Cursor: odd}); err != nil {
				t.Errorf("the cursor %q: %v", odd, err)
			}
		}
	})
}

func FuzzRequestCursor(f *testing.F) {
	d := dbtest.New(f)
	err := d.Update(f.Context(), "testing", func(t *db.Tx) error {
		return d.AddRequest(f.Context(), t, db.Request{ID: "a", Email: "a@example.com", Company: "A", Tier: "trial", State: db.RequestVerified, Version: 1, Created: noon()})
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("1793534400000000.a", "a")
	f.Add("x", "%_!")
	f.Fuzz(func(t *testing.T, cursor, text string) {
		page, err := d.Requests(t.Context(), db.RequestFilter{Cursor: cursor, Text: text, Limit: 1})
		if err != nil && pierre.KindOf(err) != pierre.KindInvalid || page.Next != "" {
			t.Errorf("%q, %q: %q, %v", cursor, text, page.Next, err)
		}
	})
}

// TestSearchOfRequests: what is typed stands for itself, and letters of any alphabet are found whatever their case.
func TestSearchOfRequests(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for n, company := range []string{"100 % Sport", "100 Sport", "Über_Land!", "UBERXLAND", `O'Neil \ "Co"`, "<b>Łódź</b>", "ΑΘΗΝΑ"} {
			ask(t, d, fmt.Sprintf("r%d", n), n, func(r *db.Request) { r.Company, r.State = company, db.RequestVerified })
		}
		ask(t, d, "r7", 7, func(r *db.Request) { r.Company = "100 % Sport" })
		for text, want := range map[string]string{
			"":            "r0 r1 r2 r3 r4 r5 r6 r7",
			"100 %":       "r0 r7",
			"%":           "r0 r7",
			"_":           "r2",
			"!":           "r2",
			"über_land":   "r2",
			"Über":        "r2",
			"ÜBER":        "r2",
			"uberx":       "r3",
			`\`:           "r4",
			"o'neil":      "r4",
			"ŁÓDŹ":        "r5",
			"Αθηνα":       "r6",
			"R3@EXAMPLE":  "r3",
			"' OR '1'='1": "",
			"no\x00body":  "",
			"nobody":      "",
			"ÜX":          "",
		} {
			page, err := d.Requests(t.Context(), db.RequestFilter{Text: text, Limit: 20})
			if got := ids(page.Requests); err != nil || got != want {
				t.Errorf("%q finds %q, want %q: %v", text, got, want, err)
			}
		}
		page, err := d.Requests(t.Context(), db.RequestFilter{Text: "sport", State: db.RequestVerified, Limit: 20})
		if got := ids(page.Requests); err != nil || got != "r0 r1" {
			t.Errorf("of one state: %q, %v", got, err)
		}
		if page, err := d.Requests(t.Context(), db.RequestFilter{State: "'; --", Limit: 20}); err != nil || len(page.Requests) > 0 {
			t.Errorf("of a state that is none: %v, %v", page.Requests, err)
		}
		counts, err := d.CountRequests(t.Context())
		if err != nil || len(counts) != 2 || counts[db.RequestVerified].N != 7 || !counts[db.RequestVerified].Oldest.Equal(noon()) || counts[db.RequestSubmitted].N != 1 {
			t.Errorf("counts: %+v, %v", counts, err)
		}
	})
}

// TestRequestsByTheirAge: what is due, stale, forgotten, at the edge.
func TestRequestsByTheirAge(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		at := func(minute int) time.Time { return noon().Add(time.Duration(minute) * time.Minute) }
		save := func(r db.Request) {
			t.Helper()
			update(t, d, func(tx *db.Tx) error {
				saved, err := d.SaveRequest(ctx, tx, r, r.State)
				if err == nil && !saved {
					err = fmt.Errorf("%s was not saved", r.ID)
				}
				return err
			})
		}
		want := func(what, want string, list []db.Request, err error) {
			t.Helper()
			if got := ids(list); err != nil || got != want {
				t.Errorf("%s: %q, want %q: %v", what, got, want, err)
			}
		}
		ask(t, d, "due", 2, in(db.RequestApproved))
		later := ask(t, d, "later", 1, in(db.RequestApproved))
		later.NextTry = at(10)
		save(later)
		ask(t, d, "claimed", 0, in(db.RequestClaimed))
		list, err := d.DueRequests(ctx, at(10).Add(-time.Microsecond), 9)
		want("before the next try", "due", list, err)
		list, err = d.DueRequests(ctx, at(10), 9)
		want("at the next try", "later due", list, err)
		list, err = d.DueRequests(ctx, at(10), 1)
		want("one of them", "later", list, err)
		list, err = d.StaleRequests(ctx, db.RequestApproved, at(2), 9)
		want("stale", "later", list, err)

		ask(t, d, "old", 0, in(db.RequestExpired))
		ask(t, d, "edge", 5, in(db.RequestWithdrawn))
		known := ask(t, d, "known", 0, in(db.RequestExpired))
		known.Verified = at(1)
		save(known)
		update(t, d, func(tx *db.Tx) error {
			if _, err := d.AddClaim(ctx, tx, "old", "token of old", at(9)); err != nil {
				return err
			}
			return d.AddRequestEvent(ctx, tx, "old", db.RequestEvent{At: noon(), Actor: "a", Action: "b"})
		})
		if err := d.DeleteUnconfirmed(ctx, at(5)); err != nil {
			t.Fatal(err)
		}
		page, err := d.Requests(ctx, db.RequestFilter{Limit: 20})
		want("after old ones were forgotten", "claimed known later due edge", page.Requests, err)
		if _, err := d.ClaimByToken(ctx, "token of old"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the link of a forgotten request: %v", err)
		}
		if events, err := d.RequestEvents(ctx, "old"); err != nil || len(events) > 0 {
			t.Errorf("the history of a forgotten request: %+v, %v", events, err)
		}
		if err := d.DeleteRequestsOf(ctx, "edge@example.com"); err != nil {
			t.Fatal(err)
		}
		list, err = d.RequestsOf(ctx, "edge@example.com")
		want("of an address that was forgotten", "", list, err)
		list, err = d.RequestsOf(ctx, "due@example.com")
		want("of another address", "due", list, err)
	})
}

func TestSimilarRequests(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		company := func(name, email string, s db.RequestState) func(*db.Request) {
			return func(r *db.Request) { r.Company, r.Email, r.State = name, email, s }
		}
		first := ask(t, d, "a", 0, company("Acme, Inc.", "ana@example.com", db.RequestVerified))
		ask(t, d, "b", 1, company("ACME inc", "bob@example.com", db.RequestRejected))
		ask(t, d, "c", 2, company("", "ana@example.com", db.RequestClaimed))
		ask(t, d, "d", 3, company("Acme Incorporated", "dan@example.com", db.RequestVerified))
		ask(t, d, "e", 4, company("acmeinc", "eve@example.com", db.RequestSubmitted)) // anybody may claim an address that is not confirmed
		none := ask(t, d, "f", 5, company("—", "fay@example.com", db.RequestVerified))
		ask(t, d, "g", 6, company("...", "gus@example.com", db.RequestVerified))
		for _, c := range []struct {
			of    db.Request
			limit int
			want  string
		}{{first, 9, "c b"}, {first, 1, "c"}, {none, 9, ""}} {
			list, err := d.SimilarRequests(t.Context(), c.of, c.limit)
			if got := ids(list); err != nil || got != c.want {
				t.Errorf("like %q, at most %d: %q, want %q: %v", c.of.Company, c.limit, got, c.want, err)
			}
		}
	})
}

// TestLinksToAKey: the last one counts, and of many who open it at once one is the first.
func TestLinksToAKey(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		ask(t, d, "a", 0, nil)
		ask(t, d, "b", 0, nil)
		var wg sync.WaitGroup
		for n := range 6 { // several programs at once: no number twice
			wg.Go(func() {
				d := replicas[n%2]
				if err := d.Update(ctx, "adding", func(tx *db.Tx) error {
					if err := d.AddRequestEvent(ctx, tx, "a", db.RequestEvent{At: noon(), Actor: "x", Action: fmt.Sprint(n)}); err != nil {
						return err
					}
					_, err := d.AddClaim(ctx, tx, "a", fmt.Sprintf("token %d", n), noon())
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if events, err := d.RequestEvents(ctx, "a"); err != nil || len(events) != 6 {
			t.Errorf("events: %+v, %v", events, err)
		}
		last, err := d.LastClaim(ctx, "a")
		if err != nil || last.Number != 6 || !last.Shown.IsZero() || !last.Until.Equal(noon()) {
			t.Fatalf("the last link: %+v, %v", last, err)
		}
		lasts := 0
		for n := range 6 {
			c, err := d.ClaimByToken(ctx, fmt.Sprintf("token %d", n))
			if err != nil || c.RequestID != "a" || c.Last != (c.Hash == last.Hash) {
				t.Errorf("link %d: %+v, %v", n, c, err)
			}
			if c.Last {
				lasts++
			}
		}
		first := make([]bool, 6)
		for n := range first {
			wg.Go(func() {
				if err := replicas[n%2].Update(ctx, "showing", func(tx *db.Tx) (err error) {
					first[n], err = replicas[n%2].ShowClaim(ctx, tx, last, noon())
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if one := slices.Index(first, true); lasts != 1 || one < 0 || slices.Contains(first[one+1:], true) {
			t.Errorf("%d links are the last one; first are %v", lasts, first)
		}
		for _, token := range []string{"", last.Hash, "token 9"} {
			if c, err := d.ClaimByToken(ctx, token); pierre.KindOf(err) != pierre.KindNotFound {
				t.Errorf("the link %q: %+v, %v", token, c, err)
			}
		}
		if c, err := d.LastClaim(ctx, "b"); pierre.KindOf(err) != pierre.KindNotFound {
			t.Errorf("the link of a request that has none: %+v, %v", c, err)
		}
	})
}

// TestCounts: they are of a bucket and kept by the hour; of the hour in which the time begins, what is left of it counts.
func TestCounts(t *testing.T) {
	dbtest.RunReplicas(t, func(t *testing.T, replicas []*db.DB) {
		ctx, d := t.Context(), replicas[0]
		count := func(bucket string, now time.Time, within time.Duration) (n int64) {
			t.Helper()
			update(t, d, func(tx *db.Tx) (err error) {
				n, err = d.Count(ctx, tx, bucket, now, now.Add(-within))
				return err
			})
			return n
		}
		var wg sync.WaitGroup
		for n := range 6 {
			wg.Go(func() {
				if err := replicas[n%2].Apply(ctx, "counting", func(tx *db.Tx) error {
					_, err := replicas[n%2].Count(ctx, tx, "a", noon(), noon().Add(-time.Hour))
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := [5]int64{
			count("a", noon().Add(59*time.Minute), time.Hour), count("b", noon(), time.Hour), count("a", noon().Add(time.Hour), time.Hour), // 7 and 1
			count("a", noon().Add(90*time.Minute), time.Hour), // half of 7, and 2
			count("a", noon().Add(2*time.Hour), 24*time.Hour),
		}; got != [5]int64{7, 1, 8, 6, 10} {
			t.Errorf("counts: %v", got)
		}
		var names int
		if err := d.Row(ctx, `SELECT COUNT(*) FROM portal_counts WHERE bucket IN ('a', 'b')`).Scan(&names); err != nil || names > 0 {
			t.Errorf("%d buckets are kept by their names: %v", names, err)
		}
		if err := d.ForgetCounts(ctx, noon().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		update(t, d, func(tx *db.Tx) error {
			for bucket, want := range map[string]int64{"a": 3, "b": 0, "": 0} {
				if n, err := d.CountSince(ctx, tx, bucket, noon().Add(-time.Hour)); err != nil || n != want {
					t.Errorf("left of %q: %d, want %d, %v", bucket, n, want, err)
				}
			}
			return nil
		})
	})
}
