package usda_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/food/usda"
)

func now() time.Time { return time.Date(2026, 6, 15, 10, 0, 0, 0, time.UTC) }

// write writes a file to a new folder.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped makes an archive.
func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported imports files, with so little memory that what tables say of a food is written piece by piece, and opens what came of it.
func imported(t testing.TB, files ...string) (*food.File, usda.Report) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "food.db")
	report, err := usda.ImportWith(t.Context(), to, files, now, func(usda.Progress) {}, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := food.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, report
}

const (
	foundation = `{"FoundationFoods": [
	{"foodClass":"FinalFood","description":"Bananas, ripe, raw","dataType":"Foundation","fdcId":1001,"publicationDate":"4/18/2024","foodCategory":{"description":"Fruits and Fruit Juices"},
	 "foodNutrients":[
	  {"type":"FoodNutrient","nutrient":{"id":2047,"number":"957","name":"Energy (Atwater General Factors)","unitName":"kcal"},"amount":98},
	  {"nutrient":{"id":2048,"number":"958","unitName":"kcal"},"amount":95.5},
	  {"nutrient":{"id":1003,"number":"203","unitName":"g"},"foodNutrientDerivation":{"code":"NC"},"amount":0.74},
	  {"nutrient":{"id":1063,"number":"269.3","unitName":"g"},"foodNutrientDerivation":{"code":"A"},"amount":15.8},
	  {"nutrient":{"id":1093,"number":"307","unitName":"mg"}},
	  {"nutrient":{"id":1090,"number":"304","unitName":"mg"},"amount":-3},
	  {"nutrient":{"id":1103,"number":"317","unitName":"µg"},"amount":1.5}],
	 "foodPortions":[{"amount":1,"gramWeight":115,"modifier":"peeled","measureUnit":{"id":1119,"name":"banana"}}]},
	null]}`
	legacy = `{"SRLegacyFoods": [
	{"description":"Bananas, raw (Includes foods for USDA's Food Distribution Program)","dataType":"SR Legacy","fdcId":1002,"publicationDate":"4/1/2019",
	 "foodNutrients":[{"nutrient":{"id":1008,"unitName":"kcal"},"amount":89},{"nutrient":{"number":"203","unitName":"g"},"amount":1.09}],
	 "foodPortions":[{"amount":1,"modifier":"cup, mashed","gramWeight":225,"measureUnit":{"id":9999,"name":"undetermined"}}]}]}`
	survey = `{"SurveyFoods": [
	{"description":"Banana, raw","dataType":"Survey (FNDDS)","fdcId":1003,"wweiaFoodCategory":{"wweiaFoodCategoryDescription":"Bananas"},
	 "foodNutrients":[{"nutrient":{"id":1008,"unitName":"kcal"},"amount":97}],
	 "foodPortions":[{"portionDescription":"1 banana","modifier":"63000","gramWeight":126,"measureUnit":{"name":"undetermined"}},
	  {"portionDescription":"Quantity not specified","gramWeight":126}]}]}`
	branded = `{"BrandedFoods": [
	{"description":"BANANA DRINK","dataType":"Branded","fdcId":1004,"brandOwner":"Acme Foods, Inc.","brandName":"ACME","brandedFoodCategory":"Drinks","gtinUpc":"0001",
	 "servingSize":240,"servingSizeUnit":"MLT","householdServingFullText":"1 cup",
	 "foodNutrients":[{"nutrient":{"id":1008,"unitName":"KCAL"},"foodNutrientDerivation":{"code":"LCCS"},"amount":45},
	  {"nutrient":{"id":1110,"unitName":"IU"},"amount":40},{"nutrient":{"id":1003,"unitName":"G"},"amount":300},{"nutrient":{"id":1093,"unitName":"G"},"amount":0.05}]}]}`
)

// All four documents are read, whatever is particular to each.
func TestDocuments(t *testing.T) {
	f, report := imported(t, write(t, "foundation.json", "\xEF\xBB\xBF"+foundation), write(t, "legacy.json", legacy), zipped(t, map[string]string{"survey.json": survey, "__MACOSX/._x.json": "junk"}), write(t, "branded.JSON", branded))
	if report.Foods() != 4 || report.Unusable != 1 || report.Impossible != 2 || report.Newest != "2024-04-18" || len(report.Files) != 4 {
		t.Errorf("the report is %+v", report)
	}
	for id, want := range map[food.ID]struct {
		kind         food.Kind
		kcal         float64
		portion      food.Portion
		amounts, own string
	}{
		1001: {food.Foundation, 95.5, food.Portion{Name: "1 banana, peeled", Amount: 115}, "[{2047 98 } {2048 95.5 } {1003 0.74 calculated} {2000 15.8 analysed} {1103 1.5 }]", "Bananas, ripe, raw||Fruits and Fruit Juices|2024-04-18|false"},
		1002: {food.Legacy, 89, food.Portion{Name: "1 cup, mashed", Amount: 225}, "[{1008 89 } {1003 1.09 }]", "Bananas, raw|||2019-04-01|false"},
		1003: {food.Survey, 97, food.Portion{Name: "1 banana", Amount: 126}, "[{1008 97 }]", "Banana, raw||Bananas||false"},
		1004: {food.Branded, 45, food.Portion{Name: "1 cup (240 ml)", Amount: 240}, "[{1008 45 label} {1114 1 } {1093 50 }]", "BANANA DRINK|ACME, Acme Foods, Inc.|Drinks||true"},
	} {
		got, err := f.Food(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		kcal, _, _ := got.Energy()
		own := fmt.Sprintf("%s|%s|%s|%s|%v", got.Description, got.Brand, got.Category, got.Published, got.Liquid)
		if got.Kind != want.kind || kcal != want.kcal || len(got.Portions) != 1 || got.Portions[0] != want.portion || fmt.Sprint(got.Amounts) != want.amounts || own != want.own {
			t.Errorf("food %d is %+v of %v kcal", id, got, kcal)
		}
	}
}

// csvFiles are the tables of all kinds, with rows of what is no food of a kind, and two versions of a product.
func csvFiles() map[string]string {
	return map[string]string{
		"food.csv": `"fdc_id","data_type","description","food_category_id","publication_date"
"1","foundation_food","Hummus, commercial","16","2019-04-01"
"2","sample_food","HUMMUS, CLASSIC","16","2019-04-01"
"3","sr_legacy_food","Apples, raw, 3"" wide","9","2019-04-01"
"4","survey_fndds_food","Milk, whole","1004","2022-10-28"
"5","branded_food","OAT BAR","Bars","2020-01-01"
"6","branded_food","OAT BAR","Bars","2023-01-01"
"7","branded_food","OAT BAR, OLDEST","Bars","2019-01-01"
`,
		"food_nutrient.csv": `"id","fdc_id","nutrient_id","amount","data_points","derivation_id"
"1","3","1008","52","","1"
"2","1","2047","243","",""
"3","3","1003","0.26","","49"
"4","4","208","61","",""
"5","6","1008","400","","70"
"6","5","1008","390","","70"
"7","6","1104","120","","70"
"8","2","1008","1","",""
"9","6","9999","1","",""
"10","6","1093","","",""
`,
		"nutrient.csv":                     "\"id\",\"name\",\"unit_name\",\"nutrient_nbr\",\"rank\"\n\"1008\",\"Energy\",\"KCAL\",\"208\",\"300.0\"\n\"1003\",\"Protein\",\"G\",\"203\",\"\"\n\"1104\",\"Vitamin A, IU\",\"IU\",\"318\",\"\"\n",
		"food_nutrient_derivation.csv":     "id,code,description\n1,A,Analytical\n49,NC,Calculated\n70,LCCS,Label\n",
		"food_portion.csv":                 "\"id\",\"fdc_id\",\"seq_num\",\"amount\",\"measure_unit_id\",\"portion_description\",\"modifier\",\"gram_weight\"\n\"1\",\"3\",\"1\",\"1\",\"9999\",\"\",\"medium (3\"\" dia)\",\"182\"\n\"2\",\"1\",\"1\",\"2.0\",\"1001\",\"\",\"\",\"33.9\"\n\"3\",\"4\",\"1\",\"\",\"9999\",\"1 cup\",\"10205\",\"244\"\n",
		"measure_unit.csv":                 "id,name\n9999,undetermined\n1001,tablespoon\n",
		"food_category.csv":                "id,code,description\n16,1600,Legumes and Legume Products\n9,0900,Fruits and Fruit Juices\n",
		"wweia_food_category.csv":          "wweia_food_category,wweia_food_category_description\n1004,\"Milk, whole\"\n",
		"branded_food.csv":                 "fdc_id,brand_owner,brand_name,subbrand_name,gtin_upc,ingredients,serving_size,serving_size_unit,household_serving_fulltext,branded_food_category\n5,Acme,,,00012,OATS,40,g,,Bars\n6,Acme,,,00012,OATS,45,GRM,1 BAR,Bars\n7,Acme,,,00012,OATS,45,GRM,1 BAR,Bars\n",
		"retention_factor_that_is_new.csv": "unread\n\"",
	}
}

// The tables of an archive and of a folder say the same; of a product the newest version counts.
func TestTables(t *testing.T) {
	files := csvFiles()
	files["food.csv"] = strings.Replace(files["food.csv"], `"7"`, `"4"`, 1) // whose number is taken by then
	files["branded_food.csv"] = strings.Replace(files["branded_food.csv"], "\n7,", "\n2,", 1)
	inFolder := map[string]string{}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		inFolder["FoodData_Central_csv/"+name] = text
		if err := os.WriteFile(filepath.Join(folder, "csv", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{zipped(t, inFolder), folder} {
		f, report := imported(t, path)
		if report.Foods() != 4 || report.Twice != 2 || report.Counts[food.Branded] != 1 || report.Newest != "2023-01-01" {
			t.Errorf("the report is %+v", report)
		}
		for id, want := range map[food.ID]string{
			1: "{1 Foundation Hummus, commercial  Legumes and Legume Products 2019-04-01 false [{2047 243 }] [{2 tablespoon 33.9}]}",
			3: `{3 SR Legacy Apples, raw, 3" wide  Fruits and Fruit Juices 2019-04-01 false [{1008 52 analysed} {1003 0.26 calculated}] [{1 medium (3" dia) 182}]}`,
			4: "{4 Survey (FNDDS) Milk, whole  Milk, whole 2022-10-28 false [{1008 61 }] [{1 cup 244}]}",
			6: "{6 Branded OAT BAR Acme Bars 2023-01-01 false [{1008 400 label} {1104 120 label}] [{1 BAR (45 g) 45}]}",
		} {
			if got, err := f.Food(t.Context(), id); err != nil || fmt.Sprint(got) != want {
				t.Errorf("it has %v (%v), want %s", got, err, want)
			}
		}
		if _, err := f.Food(t.Context(), 2); err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("a sample is a food: %v", err)
		}
	}
}

// What is cut off, damaged or made to do harm is refused with what is wrong, leaves the file that was there, and nothing else.
func TestRefused(t *testing.T) {
	files := csvFiles()
	without := func(name string) map[string]string {
		some := csvFiles()
		delete(some, name)
		return some
	}
	with := func(name, text string) map[string]string {
		some := csvFiles()
		some[name] = text
		return some
	}
	whole, err := os.ReadFile(zipped(t, files))
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat(`{"a":[`, 6000)
	for name, c := range map[string]struct{ path, says string }{
		"nothing":          {filepath.Join(t.TempDir(), "none.zip"), "no such file"},
		"cut off archive":  {write(t, "x.zip", string(whole[:len(whole)/2])), "no whole archive"},
		"empty archive":    {zipped(t, nil), "neither a JSON document nor a food.csv"},
		"text":             {write(t, "x.zip", "text"), "no whole archive"},
		"cut off document": {write(t, "x.json", foundation[:700]), "cut off at byte"},
		"empty document":   {write(t, "x.json", ""), "cut off at byte"},
		"no JSON":          {write(t, "x.json", `{"FoundationFoods":[{]}`), "it is no JSON at byte"},
		"another document": {write(t, "x.json", `{"foods":[{"fdcId":1}]}`), "no list of foods"},
		"no list":          {write(t, "x.json", `{"SurveyFoods":7}`), "none"},
		"no foods":         {write(t, "x.json", `{"SurveyFoods":[]}`), "no foods in it"},
		"deep":             {write(t, "x.json", `{"SurveyFoods":[`+deep), "depth"},
		"a huge food":      {write(t, "x.json", `{"SurveyFoods":[{"fdcId":1,"description":"`+strings.Repeat("a ", 2<<20)+`"}]}`), "more than 2 MB"},
		"a huge name":      {write(t, "x.json", `{"`+strings.Repeat("a", 3<<20)+`":1}`), "more than 2 MB"},
		"a huge row":       {zipped(t, with("food.csv", files["food.csv"]+`"9","`+strings.Repeat("a\n", 2<<20))), "more than 2 MB"},
		"an open quote":    {zipped(t, with("food.csv", files["food.csv"]+`"9","sr_legacy_food","Apple`)), "food.csv: "},
		"a short row":      {zipped(t, with("food_nutrient.csv", files["food_nutrient.csv"]+"11,3,10")), "wrong number of fields"},
		"no values":        {zipped(t, without("food_nutrient.csv")), "no food_nutrient.csv"},
		"another column":   {zipped(t, with("food_nutrient.csv", "id,food,amount\n1,2,3\n")), "food_nutrient.csv: it has no column fdc_id"},
		"empty table":      {zipped(t, with("nutrient.csv", "")), "nutrient.csv: it is cut off"},
		"too many names":   {zipped(t, with("measure_unit.csv", "id,name\n"+manyRows(20_001))), "more than 20000 rows"},
		"bomb":             {zipped(t, map[string]string{"x.json": `{"SurveyFoods":[` + strings.Repeat("null,"+strings.Repeat(" ", 1<<20), 18)}), "expands to more than"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			to := filepath.Join(folder, "food.db")
			if err := os.WriteFile(to, []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := usda.Import(t.Context(), to, []string{c.path}, now, func(usda.Progress) {})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v, want %q", err, c.says)
			}
			if text, err := os.ReadFile(to); err != nil || string(text) != "before" {
				t.Errorf("the file is %q (%v)", text, err)
			}
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) != 1 {
				t.Errorf("there are %v (%v)", entries, err)
			}
		})
	}
}

func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,x\n", i)
	}
	return b.String()
}

// Foods that are odd, without being damaged, do no harm: what cannot be kept of them is left out.
func TestOddFoods(t *testing.T) {
	words := strings.Repeat("word ", 100_000)
	f, report := imported(t, write(t, "x.json", `{"other":{"a":[1,2]},"SurveyFoods":[
		{"fdcId":1,"description":"`+words+`","foodNutrients":[{"nutrient":{"id":1003,"unitName":"IU"},"amount":3},{"nutrient":{"id":70000},"amount":1},{"nutrient":{"id":-1},"amount":1},{"nutrient":{"id":1004},"amount":2}]},
		{"fdcId":2,"description":["no text"]},{"fdcId":-3,"description":"Negative"},{"fdcId":4,"description":"  "},{"description":"No number"},
		{"fdcId":5,"description":"Tab\tand\u0000nul","foodPortions":[{"portionDescription":"1 pot","gramWeight":1e9},{"portionDescription":"1 cup","gramWeight":0},{"portionDescription":"","gramWeight":5}],"foodNutrients":"none"},
		{"fdcId":1,"description":"Again"}, 7, "x", [] ]}`))
	if report.Foods() != 2 || report.Twice != 1 || report.Unusable != 7 || report.Impossible != 1 {
		t.Errorf("the report is %+v", report)
	}
	one, err := f.Food(t.Context(), 1)
	if err != nil || len(one.Description) > 300 || fmt.Sprint(one.Amounts) != "[{1004 2 }]" {
		t.Errorf("the food of many words is %v (%v)", one, err)
	}
	if two, err := f.Food(t.Context(), 5); err != nil || two.Description != "Tab and nul" || len(two.Portions) != 0 || len(two.Amounts) != 0 {
		t.Errorf("it is %v (%v)", two, err)
	}
}

// A file that is open stays what it was while it is replaced.
func TestReplaced(t *testing.T) {
	to := filepath.Join(t.TempDir(), "food.db")
	load := func(text string) {
		t.Helper()
		if _, err := usda.Import(t.Context(), to, []string{write(t, "x.json", text)}, now, func(usda.Progress) {}); err != nil {
			t.Fatal(err)
		}
	}
	load(legacy)
	f, err := food.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	load(survey)
	if one, err := f.Food(t.Context(), 1002); err != nil || one.Kind != food.Legacy {
		t.Errorf("it has %v (%v)", one, err)
	}
	g, err := food.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if r, err := g.Search(t.Context(), food.Query{Text: "bananas", Limit: 10}); err != nil || r.Total != 1 || r.Foods[0].ID != 1003 {
		t.Errorf("it finds %v (%v)", r, err)
	}
}

// Progress is told, in bytes that never exceed what there is.
func TestProgress(t *testing.T) {
	path := zipped(t, csvFiles())
	var seen []usda.Progress
	if _, err := usda.Import(t.Context(), filepath.Join(t.TempDir(), "food.db"), []string{path}, now, func(p usda.Progress) { seen = append(seen, p) }); err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || !slices.IsSortedFunc(seen, func(a, b usda.Progress) int { return int(a.Bytes - b.Bytes) }) || seen[len(seen)-1].Bytes > seen[0].Of {
		t.Errorf("it tells %v", seen)
	}
}

// FuzzImport: whatever a file holds, importing it ends without a panic, and what it leaves can be opened.
func FuzzImport(f *testing.F) {
	for _, text := range []string{foundation, legacy, survey, branded, `{"SurveyFoods":[{"fdcId":1,"description":"a"}]}`} {
		f.Add(text, "", "")
	}
	files := csvFiles()
	f.Add("", files["food.csv"], files["food_nutrient.csv"])
	f.Add("", "fdc_id,data_type,description\n1,branded_food,x\n", "fdc_id,nutrient_id,amount\n1,1003,NaN\n")
	f.Fuzz(func(t *testing.T, document, foods, values string) {
		dir := t.TempDir()
		for name, text := range map[string]string{"x.json": document, "food.csv": foods, "food_nutrient.csv": values, "branded_food.csv": files["branded_food.csv"]} {
			if text == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		to := filepath.Join(t.TempDir(), "food.db")
		report, err := usda.Import(t.Context(), to, []string{dir}, now, func(usda.Progress) {})
		if err != nil {
			if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it leaves a file: %v", err)
			}
			return
		}
		file, err := food.Open(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if file.Made().Foods() != report.Foods() || report.Foods() == 0 {
			t.Errorf("it has %v, and is said to have %v", file.Made(), report)
		}
	})
}
