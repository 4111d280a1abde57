package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/weather/weathertest"
)

const twoFoods = `{"SRLegacyFoods":[
	{"fdcId":173944,"description":"Bananas, raw","publicationDate":"4/1/2019","foodNutrients":[{"nutrient":{"id":1008,"unitName":"kcal"},"amount":89}]},
	{"fdcId":173945,"description":"Bananas, dehydrated, or banana powder"},{"fdcId":173944,"description":"Again"},{"description":"No number"}]}`

// An operator imports a download, the doctor finds it right, and the server searches it; without a file there are no tools for foods.
func TestFoods(t *testing.T) {
	here := site{dir: filepath.Join(t.TempDir(), "data")}
	download := filepath.Join(t.TempDir(), "legacy.json")
	if err := os.WriteFile(download, []byte(twoFoods), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(here.dir, "food.db")
	code, out := here.command(t.Context(), "food", "import", download)
	if code != 0 || !strings.Contains(out, "2 foods in "+path) || !strings.Contains(out, "2 SR Legacy") || !strings.Contains(out, "left out: 1 food that came again") || !strings.Contains(out, "--food-file "+path) {
		t.Fatalf("it ends with %d: %s", code, out)
	}
	var report struct {
		Counts map[food.Kind]int `json:"counts"`
	}
	code, out = here.command(t.Context(), "food", "import", "--json", "--food-file", path, download)
	if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil || report.Counts[food.Legacy] != 2 {
		t.Errorf("as JSON it is, with %d: %s (%v)", code, out, err)
	}
	expect(t, here.examined(t), "foods", doctor.Skipped, "no file of foods")
	expect(t, here.examined(t, "--food-file", path), "foods", doctor.OK, "2 foods, published up to 2019-04-01, imported on")
	address, stop := weatherServer(t, weathertest.New(time.Now), map[string]string{"FOOD_FILE": path}, here.dir)
	if text := tool(t, address, "search_food", `{"query":"banana"}`); !strings.Contains(text, `"fdc_id":173944`) || !strings.Contains(text, `"kcal_per_100g":89`) {
		t.Errorf("it answers %s", text)
	}
	stop()
	address, stop = weatherServer(t, weathertest.New(time.Now), nil, here.dir)
	if text := tool(t, address, "search_food", `{"query":"banana"}`); !strings.Contains(text, "There is no tool of this name") {
		t.Errorf("without a file it answers %s", text)
	}
	stop()
}

// What is wrong with the file of foods, or with a download, is said with what to do.
func TestFoodsThatCannotBeRead(t *testing.T) {
	here := site{dir: filepath.Join(t.TempDir(), "data")}
	text := filepath.Join(t.TempDir(), "text.json")
	if err := os.WriteFile(text, []byte(`{"FoundationFoods":[{"fdcId":1,`), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, args := range map[string][]string{
		"needs the path":                                     {"food", "import"},
		"there is no file or folder /nowhere":                {"food", "import", "/nowhere"},
		"it is cut off at byte":                              {"food", "import", text},
		"--food-file: /nowhere.db: ":                         {"--single-tenant", "--port", "0", "--food-file", "/nowhere.db"},
		"it is no file that this program's food import made": {"--single-tenant", "--port", "0", "--food-file", text},
	} {
		if code, out := here.command(t.Context(), args...); code == 0 || !strings.Contains(out, says) {
			t.Errorf("%v ends with %d: %s, want %q", args, code, out, says)
		}
	}
	expect(t, here.examined(t, "--food-file", text), "foods", doctor.Fail, "cannot be read")
	old := filepath.Join(t.TempDir(), "old.db")
	b, err := food.NewBuilder(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Add(t.Context(), food.Food{ID: 1, Kind: food.Legacy, Description: "Bananas, raw"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Finish(t.Context(), nil, time.Now().AddDate(-2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	expect(t, here.examined(t, "--food-file", old), "foods", doctor.Warn, "old")
}
