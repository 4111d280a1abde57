package main

import (
	"archive/zip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What is planned with one key is a file for this key, and for another key it is not there.
func TestPlannedFilesAreTheKeysOwn(t *testing.T) {
	c := newConversation(t, nil)
	key := func(email string) string {
		status, body := c.ask("POST", "/admin/provision-api-key", c.admin, `{"user_email":"`+email+`","tier":"starter"}`, "")
		if status >= http.StatusBadRequest {
			t.Fatalf("%d %s", status, body)
		}
		return member(t, body, "api_key")
	}
	ana, bob := key("ana@example.com"), key("bob@example.com")
	tool := func(name, arguments string) string {
		status, body := c.ask("POST", "/", ana, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`","arguments":`+arguments+`}}`, "")
		if status != http.StatusOK || strings.Contains(body, `"isError":true`) {
			t.Fatalf("%s: %d %s", name, status, body)
		}
		return body
	}
	tool("set_athlete_profile", `{"ftp_watts":250}`)
	planned := tool("plan_workout", `{"date":"`+time.Now().AddDate(0, 0, 2).Format(time.DateOnly)+`","sport_type":"ride","name":"Hour of Ana","steps":["60min 200W"]}`)
	id := regexp.MustCompile(`workout_\w{16,}`).FindString(planned)
	for _, tt := range []struct {
		path, key string
		status    int
		has       string
	}{
		{"/v1/workouts/" + id + ".fit", ana, http.StatusOK, ".FIT"},
		{"/v1/workouts/" + id + ".zwo", ana, http.StatusOK, "Hour of Ana"},
		{"/v1/calendar.ics", ana, http.StatusOK, "Hour of Ana"},
		{"/v1/workouts/" + id + ".fit", bob, http.StatusNotFound, "no such workout"},
		{"/v1/workouts/" + id + ".zwo", bob, http.StatusNotFound, "no such workout"},
		{"/v1/calendar.ics", bob, http.StatusOK, "END:VCALENDAR"},
		{"/v1/workouts/" + id + ".fit", "pk_live_none", http.StatusUnauthorized, ""},
		{"/v1/calendar.ics", "", http.StatusUnauthorized, ""},
	} {
		status, body := c.ask("GET", tt.path, tt.key, "", "")
		if status != tt.status || !strings.Contains(body, tt.has) {
			t.Errorf("%s: %d %.200s, want %d with %q", tt.path, status, body, tt.status, tt.has)
		}
		if tt.key != ana && strings.Contains(body, "Hour of Ana") {
			t.Errorf("%s shows another's plan", tt.path)
		}
	}
}

// The address of a calendar opens one calendar, until there is no key, and no log, metric or export has it.
func TestCalendarAddressesAreSecret(t *testing.T) {
	dir := t.TempDir()
	admin := site{dir: dir}.adminToken(t)
	url, logged := running(t, "--data-dir", dir, "--access-log")
	c, client := &conversation{t: t, url: url, admin: admin}, &http.Client{Timeout: time.Minute}
	_, made := c.ask("POST", "/admin/provision-api-key", c.admin, `{"user_email":"ana@example.com","tier":"starter"}`, "")
	key, id := member(t, made, "api_key"), member(t, made, "api_key_id")
	status, body := c.ask("POST", "/v1/calendar/subscription", key, "", "")
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	path := member(t, body, "path")
	secret := regexp.MustCompile(`pcal_\w+`).FindString(path)
	read := func(path string, want int) {
		t.Helper()
		if status, body := get(t, client, url+path, ""); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	read(path, http.StatusOK)
	read(path+"x", http.StatusNotFound)
	read("/v1/calendar/"+secret, http.StatusNotFound)
	read("//v1/calendar/"+secret+".ics", http.StatusOK) // by a redirect
	status, body = c.ask("GET", "/api/export", key, "", "")
	if files := unzipped(t, body); status != http.StatusOK || !strings.Contains(files, `"calendar_subscription"`) || strings.Contains(files, secret[:12]) {
		t.Errorf("an export: %d, with the secret or without the address:\n%s", status, files)
	}
	if status, body := c.ask("DELETE", "/admin/api-keys/"+id, c.admin, "", ""); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	read(path, http.StatusNotFound)
	if status, metrics := get(t, client, url+"/metrics", ""); status != http.StatusOK || strings.Contains(metrics, secret[:12]) {
		t.Errorf("/metrics: %d, with the secret or not at all", status)
	}
	get(t, client, url+"/v1/none", "")
	logged.find(t, `(path=/v1/none)`)
	logged.find(t, `(path="?/v1/calendar/….ics"? status=404)`)
	logged.mu.Lock()
	defer logged.mu.Unlock()
	if text := logged.text.String(); strings.Contains(text, secret[:12]) {
		t.Errorf("the log has the secret:\n%s", text)
	}
}

// unzipped returns what all files of an archive hold, one after the other.
func unzipped(t *testing.T, archive string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(f.Name, err)
		}
	}
	return all.String()
}
