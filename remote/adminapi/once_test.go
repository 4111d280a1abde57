package adminapi_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const starterBody = `{"user_email":"ana@club.test","tier":"starter"}`

// A client that lost the answer asks again, and gets the same key.
func TestRepeatedProvisioning(t *testing.T) {
	d := open(t)
	first := d.do("POST", "/admin/provision-api-key", starterBody, "Idempotency-Key", "request-1")
	k := d.key(first)
	d.pass(time.Hour)
	for _, body := range []string{starterBody, "{\n\"tier\": \"starter\", \"user_email\": \"ana@club.test\" }"} {
		again := d.do("POST", "/admin/provision-api-key", body, "Idempotency-Key", "request-1")
		if again.status != first.status || again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: %d %s (replayed %q)\nwant %s", again.status, again.body, again.header.Get("Idempotent-Replayed"), first.body)
		}
	}
	if first.header.Get("Idempotent-Replayed") != "" {
		t.Error("the first answer says it is a repetition")
	}
	d.admits(k)
	if got := len(d.list("").APIKeys); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
	// Others may use the same text; so may everybody a day later, or for something else.
	d.provision(starterBody, "Idempotency-Key", "request-1", "Authorization", "Bearer "+d.token("provision_keys"))
	d.provision(starterBody, "Idempotency-Key", "request-2")
	d.pass(24 * time.Hour)
	d.provision(starterBody, "Idempotency-Key", "request-1")
	if got := len(d.list("").APIKeys); got != 4 {
		t.Errorf("%d keys, want 4", got)
	}
}

func TestRepeatedRotation(t *testing.T) {
	d := open(t)
	k := d.provision(starterBody)
	path := "/admin/api-keys/" + k.ID + "/rotate"
	first := d.do("POST", path, `{"grace_seconds":0}`, "Idempotency-Key", "r")
	next := d.key(first)
	again := d.do("POST", path, `{"grace_seconds":0}`, "Idempotency-Key", "r")
	if again.status != http.StatusCreated || again.body != first.body {
		t.Errorf("again: %d %s, want %s", again.status, again.body, first.body)
	}
	d.admits(next)
}

func TestSameIdempotencyKeyWithAnotherBody(t *testing.T) {
	d := open(t)
	d.provision(starterBody, "Idempotency-Key", "request-1")
	a := d.do("POST", "/admin/provision-api-key", strings.Replace(starterBody, "ana", "bob", 1), "Idempotency-Key", "request-1")
	d.problem(a, http.StatusUnprocessableEntity, "Idempotency-Key", "another request body")
	if got := len(d.list("").APIKeys); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
}

// A refused request is not remembered: mended, it may use the same text.
func TestRefusedRequestIsNotRemembered(t *testing.T) {
	d := open(t)
	a := d.do("POST", "/admin/provision-api-key", `{"user_email":"ana@club.test","tier":"gold"}`, "Idempotency-Key", "request-1")
	d.problem(a, http.StatusUnprocessableEntity, "tier", "starter")
	d.provision(starterBody, "Idempotency-Key", "request-1")
}

func TestIdempotencyKeyIsChecked(t *testing.T) {
	d := open(t)
	for _, key := range []string{strings.Repeat("a", 256), "two words", "ümlaut"} {
		a := d.do("POST", "/admin/provision-api-key", starterBody, "Idempotency-Key", key)
		d.problem(a, http.StatusUnprocessableEntity, "Idempotency-Key", "1 to 255 visible ASCII")
	}
}

func TestTwoIdempotencyKeys(t *testing.T) {
	d := open(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/admin/provision-api-key", strings.NewReader(starterBody))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + d.admin}, "Idempotency-Key": {"a", "b"}}
	resp, err := d.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnprocessableEntity || len(d.list("").APIKeys) != 0 {
		t.Errorf("two Idempotency-Keys: %s and %d keys, want 422 and none", resp.Status, len(d.list("").APIKeys))
	}
}

// Duplicates that arrive together mint one key.
func TestConcurrentDuplicates(t *testing.T) {
	d := open(t)
	const n = 12
	bodies := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			a := d.do("POST", "/admin/provision-api-key", starterBody, "Idempotency-Key", "request-1")
			bodies[i] = a.body
		})
	}
	wg.Wait()
	for _, b := range bodies {
		if b != bodies[0] {
			t.Errorf("answers differ:\n%s%s", b, bodies[0])
		}
	}
	if got := len(d.list("").APIKeys); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
}

// What is kept for a repetition is not readable in the database.
func TestKeptAnswerIsSealed(t *testing.T) {
	d := open(t)
	k := d.provision(starterBody, "Idempotency-Key", "request-1")
	for _, secret := range []string{k.APIKey, k.APIKey[12:]} {
		if d.inDatabase(secret) {
			t.Errorf("the database file holds the key in clear")
		}
	}
	if !d.inDatabase(k.ID) {
		t.Error("the database file does not hold the key's id: this test looks at the wrong place")
	}
}
