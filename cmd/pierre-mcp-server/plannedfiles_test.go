package main

import (
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
