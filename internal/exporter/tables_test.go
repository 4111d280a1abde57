package exporter_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/original/originaltest"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// exported says in which file of an archive the rows are that a table has of a user.
func exported() map[string]string {
	return map[string]string{
		"users":                  exportfile.AccountFile,
		"api_keys":               exportfile.AccountFile,
		"calendar_subscriptions": exportfile.AccountFile,
		"activities":             exportfile.ActivitiesFile,
		"activity_sources":       exportfile.ActivitiesFile,
		"originals":              exportfile.ActivitiesFile, // and the files that it names
		"profiles":               exportfile.ProfileFile,
		"profile_values":         exportfile.ProfileFile,
		"goals":                  exportfile.GoalsFile,
		"workouts":               exportfile.WorkoutsFile,
		"gear_sums":              exportfile.GearFile,
		"gear_products":          exportfile.GearFile,
		"wellness":               exportfile.WellnessFile,
		"connections":            exportfile.ConnectionsFile,
		"deleted_recordings":     exportfile.DeletedFile,
		"usage_rollups":          exportfile.UsageFile,
	}
}

// leftOut says why no archive has the rows that a table has of a user.
func leftOut() map[string]string {
	return map[string]string{
		"activity_digests": "computed from the activities, again by whoever has them",
		"activity_states":  "says which of what is computed is up to date",
		"activity_sums":    "added up from the activities",
		"connection_links": "invitations that end within the hour; what is kept of them opens nothing",
		"fetched_items":    "how far the fetching from a connected account is: connections.json has it in sum",
		"calls":            "single calls, which go by retention: usage.jsonl has them by day and tool",
		"refused_calls":    "as calls",
		"usage_deltas":     "as calls: what is not added up yet",
	}
}

// Every table that has something of a user is in the export, or there is a reason why it is not.
func TestTablesAreAccountedFor(t *testing.T) {
	tables, err := store.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, table := range tables {
		known[table.Name] = true
		ofUser := table.Name == "users"
		for _, c := range table.Columns {
			ofUser = ofUser || slices.Contains([]string{"user_id", "customer_id"}, c)
		}
		_, in := exported()[table.Name]
		_, out := leftOut()[table.Name]
		switch {
		case in && out:
			t.Errorf("%s is both exported and left out", table.Name)
		case ofUser && !in && !out:
			t.Errorf("the table %s has something of a user that no export has: write it in a part of package exporter, and add it to exported(); "+
				"or say in leftOut() why nobody misses it", table.Name)
		}
	}
	for name := range maps.Keys(exported()) {
		if !known[name] {
			t.Errorf("there is no table %s", name)
		}
	}
	for name := range maps.Keys(leftOut()) {
		if !known[name] {
			t.Errorf("there is no table %s", name)
		}
	}
}

// What these tables have of a user is really there, and no secret is.
func TestEveryFileHasItsRows(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		user := storetest.Users(t, s, noon, "ana@example.com")[0]
		fill(t, s, user)
		_, files := export(t, s, user)
		for name, want := range map[string]string{
			exportfile.AccountFile: `"pk_live_abcd"`, exportfile.ActivitiesFile: `"annotation":{"note":"windy"`, nameOfFill: "day 1", exportfile.ProfileFile: `"ftp_watts": 250`,
			exportfile.GoalsFile: `"title": "Sub 3"`, exportfile.WorkoutsFile: `"name": "Long run"`, exportfile.GearFile: `"name": "Red bike",
    "make": "Grimm"`, exportfile.WellnessFile: `"kind":"weight","source":"garmin","value":71.5`,
			exportfile.ConnectionsFile: `"account": "athlete 7"`, exportfile.DeletedFile: `"activity_id":"act_`, exportfile.UsageFile: `"tool":"get_activities","succeeded":1`,
		} {
			if !strings.Contains(string(files[name]), want) {
				t.Errorf("%s lacks %s: %s", name, want, files[name])
			}
		}
		if !strings.Contains(string(files[exportfile.AccountFile]), `"calendar_subscription": {`) {
			t.Errorf("%s lacks the subscription: %s", exportfile.AccountFile, files[exportfile.AccountFile])
		}
		for table, name := range exported() {
			if len(files[name]) == 0 {
				t.Errorf("%s, which has the rows of %s, is empty", name, table)
			}
		}
		for name, content := range files {
			if strings.Contains(string(content), "credentials of the account") {
				t.Errorf("%s has a secret", name)
			}
			if strings.HasSuffix(name, ".json") && !json.Valid(content) {
				t.Errorf("%s is no JSON", name)
			}
		}
	})
}

// nameOfFill is how the file is called of the activity that fill adds.
const nameOfFill = "activities/2026/2026-05-04_120000_e9732851e070_r.fit"

// fill gives the user a row of everything that is exported.
func fill(t *testing.T, s *store.Store, user pierre.UserID) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	add := func(day int, gear string) pierre.ActivityID {
		rec := pierre.Recording{Activity: pierre.Activity{
			Sport: pierre.SportRide, Start: noon.AddDate(0, 0, -day), Provider: pierre.ProviderFile, Impression: pierre.Impression{Gear: gear},
			Totals: pierre.Totals{DurationSeconds: new(3600.0), DistanceMeters: new(30_000.0), AverageSpeedMPS: new(30_000.0 / 3600)},
		}}
		file := originaltest.Pack(t, fmt.Appendf(nil, "day %d", day))
		added, err := s.ImportRecording(t.Context(), user, pierre.Source{Provider: pierre.ProviderFile, File: "r.fit", Format: "fit", SHA256: file.SHA256, Imported: noon}, rec)
		check(err)
		check(s.KeepOriginal(t.Context(), user, file))
		return added.Activity
	}
	kept, gone := add(1, "Blue bike"), add(2, "")
	check(s.KeepGear(t.Context(), user, pierre.ProviderStrava, pierre.GearBike, []pierre.GearProduct{{Name: "Red bike", Make: "Grimm"}}))
	_, err := s.DeleteActivity(t.Context(), user, gone, "", noon)
	check(err)
	_, err = s.AnnotateActivity(t.Context(), user, kept, noon, func(a *pierre.Annotation) { a.Note = new("windy") })
	check(err)
	_, err = s.UpdateProfile(t.Context(), user, noon, func(p *pierre.ProfileRecord) error {
		return p.Set("ftp_watts", noon.AddDate(0, 0, -9), 250)
	})
	check(err)
	_, err = s.AddGoal(t.Context(), user, noon, pierre.Goal{Title: "Sub 3", Type: pierre.GoalTime, Meters: new(42_195.), Target: 10_800, Status: pierre.GoalActive, Start: noon, Date: noon.AddDate(0, 3, 0)})
	check(err)
	_, err = s.AddWorkout(t.Context(), user, noon, pierre.Workout{Day: noon, Sport: pierre.SportRun, Name: "Long run", Steps: []pierre.WorkoutStep{{Seconds: 7200}}})
	check(err)
	_, err = s.KeepWellness(t.Context(), user, noon, []pierre.Wellness{{Day: noon, Kind: pierre.WellnessWeight, Source: pierre.ProviderGarmin, Value: 71.5}})
	check(err)
	check(s.KeepConnection(t.Context(), pierre.Connection{
		UserID: user, Provider: pierre.ProviderPolar, Account: "athlete 7", Sealed: []byte("credentials of the account"), Connected: noon, Due: noon,
	}))
	check(s.KeepCalendarSubscription(t.Context(), pierre.CalendarSubscription{UserID: user, Token: [32]byte{9}, Created: noon}))
	_, _, err = s.ProvisionAPIKey(t.Context(), pierre.Act{Person: "test", At: noon}, pierre.APIKey{
		ID: "key_1", Email: "ana@example.com", Name: "mine", Tier: pierre.TierStarter, Hash: [32]byte{1}, Prefix: "pk_live_abcd", Last4: "wxyz",
	}, func(pierre.APIKey) ([]byte, error) { return nil, nil })
	check(err)
	check(s.RecordCalls(t.Context(), []pierre.Call{{ID: "call_1", KeyID: "key_1", UserID: user, Tier: pierre.TierStarter, Tool: "get_activities", Status: pierre.CallSucceeded, Started: noon, Country: "ZZ"}}))
	check(s.FoldUsage(t.Context()))
}
