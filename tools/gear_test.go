//go:build !race

package tools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
)

// The lists of Strava's export say who made what its activities name. The shoes are named by make and model there.
func TestGearOfAStravaExport(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ana, ben := newUser(t, s, "ana@example.com"), newUser(t, s, "ben@example.com")
	load := func(files map[string]string) {
		t.Helper()
		dir := t.TempDir()
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := importer.New(s, now, importer.Options{}).ImportPath(t.Context(), ana, dir, importer.Watch{}); err != nil {
			t.Fatal(err)
		}
	}
	const list = "id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n" +
		"1,2024-05-01 06:00:00,To work,Ride,,1200,5000,false,Weekender,\n2,2024-05-02 06:00:00,Easy,Run,,1800,6000,false,Fable One old,\n"
	load(map[string]string{
		"activities.csv": list, "bikes.csv": "Bike Name,Bike Brand,Bike Model,Bike Default Sport Types\nWeekender,Grimm,R1,Ride\nUnused,Grimm,R2,\n",
		"shoes.csv": "Shoe Name,Shoe Brand,Shoe Model,Shoe Default Sport Types\nold,Fable,One,Run\n",
	})
	text := func(h host) string { return h.call("get_gear", map[string]any{}).Text }
	h := newHost(t, s, ana)
	const want = "Fable One old: 1 activity, 6.00 km, 2024-05-02 to 2024-05-02\nWeekender (Grimm R1): 1 activity, 5.00 km, 2024-05-01 to 2024-05-01"
	if got := text(h); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var answer struct {
		Gear []struct{ Name, Make, Model string }
	}
	h.call("get_gear", map[string]any{}).decode(t, &answer)
	if g := answer.Gear[0]; g.Make != "Fable" || g.Model != "One" {
		t.Errorf("the shoes are %+v", g)
	}
	load(map[string]string{"activities.csv": list, "bikes.csv": "Bike Name,Bike Brand,Bike Model\nWeekender,Grimm,R3\n"}) // a later export, without shoes
	if got := text(h); !strings.Contains(got, "Weekender (Grimm R3)") || strings.Contains(got, "R1") {
		t.Errorf("after another export:\n%s", got)
	}
	if got := text(newHost(t, s, ben)); strings.Contains(got, "Grimm") {
		t.Errorf("another athlete sees %s", got)
	}
}
