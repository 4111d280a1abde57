package food_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/food"
)

// built opens a file of foods that was made with so little memory that each word has several lists.
func built(t testing.TB, memory int, foods ...food.Food) *food.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "food #1?.db")
	b, err := food.NewBuilder(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.SetMemory(memory)
	for _, f := range foods {
		if _, err := b.Add(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Finish(t.Context(), []string{"made up"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	f, err := food.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// kitchen are foods named as FoodData Central names them.
func kitchen() []food.Food {
	var foods []food.Food
	add := func(k food.Kind, brand string, descriptions ...string) {
		for _, d := range descriptions {
			foods = append(foods, food.Food{ID: food.ID(len(foods) + 1), Kind: k, Description: d, Brand: brand})
		}
	}
	add(food.Branded, "Acme", "BANANA", "BANANAS", "OATS", "BROWN RICE", "CHICKEN BREAST", "GREEK YOGURT", "OLIVE OIL", "BANANA CHIPS", "PEANUT BUTTER", "MILK", "EGGS")
	add(food.Branded, "Bananarama Foods", "ORANGE JUICE")
	add(food.Branded, "Chobani, Inc.", "GREEK YOGURT, PLAIN", "YOGURT DRINK")
	add(food.Survey, "", "Banana, raw", "Banana, fried", "Banana chips", "Rice, brown, cooked", "Milk, NFS", "Coffee, brewed", "Oatmeal, cooked", "Olive oil")
	add(food.Legacy, "", "Bananas, raw", "Bananas, dehydrated, or banana powder", "Bread, banana, prepared from recipe, made with margarine", "Babyfood, juice, apple and banana",
		"Snacks, banana chips", "Rice, brown, long-grain, cooked", "Rice crackers", "Chicken breast tenders, breaded, uncooked", "Chicken, broilers or fryers, breast, meat only, cooked, roasted",
		"Yogurt, Greek, plain, nonfat", "Oil, olive, salad or cooking", "Peanut butter, smooth style, with salt", "Butter, salted", "Milk, whole, 3.25% milkfat, with added vitamin D",
		"Milk, dry, whole", "Egg, whole, raw, fresh", "Egg rolls, chicken", "Beverages, coffee, brewed, prepared with tap water", "Oats", "Potatoes, flesh and skin, raw",
		"Peaches, yellow, raw", "Jalapeño peppers, raw", "Blueberries, raw", "Pie, apple", "Cookies, oatmeal")
	add(food.Foundation, "", "Bananas, overripe, raw", "Chicken, breast, boneless, skinless, raw", "Rice, brown, long grain, unenriched, raw", "Tomatoes, grape, raw")
	return foods
}

func names(foods []food.Food) []string {
	var all []string
	for _, f := range foods {
		all = append(all, f.Description)
	}
	return all
}

// Who asks for a food gets the plain one first, in whatever words.
func TestSearch(t *testing.T) {
	f := built(t, 1, kitchen()...)
	for query, want := range map[string]string{
		"banana":                        "Bananas, raw",
		"Bananas":                       "Bananas, raw",
		"raw banana":                    "Bananas, raw",
		"the banana":                    "Bananas, raw",
		"banana chips":                  "Banana chips",
		"banana bread":                  "Bread, banana, prepared from recipe, made with margarine",
		"brown rice":                    "Rice, brown, long grain, unenriched, raw",
		"brown rice cooked":             "Rice, brown, long-grain, cooked",
		"chicken breast":                "Chicken, breast, boneless, skinless, raw",
		"roasted chicken breast":        "Chicken, broilers or fryers, breast, meat only, cooked, roasted",
		"greek yoghurt":                 "Yogurt, Greek, plain, nonfat",
		"chobani":                       "YOGURT DRINK",
		"chobani greek yogurt":          "GREEK YOGURT, PLAIN",
		"olive oil":                     "Oil, olive, salad or cooking",
		"peanut butter":                 "Peanut butter, smooth style, with salt",
		"coffee":                        "Coffee, brewed",
		"egg":                           "Egg, whole, raw, fresh",
		"oats":                          "Oats",
		"potato":                        "Potatoes, flesh and skin, raw",
		"peach":                         "Peaches, yellow, raw",
		"tomato":                        "Tomatoes, grape, raw",
		"jalapeno":                      "Jalapeño peppers, raw",
		"JALAPEÑO":                      "Jalapeño peppers, raw",
		"blueberry":                     "Blueberries, raw",
		"pies":                          "Pie, apple",
		"cookie":                        "Cookies, oatmeal",
		"blueb":                         "Blueberries, raw", // the beginning of a word
		"Chicken, breast":               "Chicken, breast, boneless, skinless, raw",
		"rice rice rice brown":          "Rice, brown, long grain, unenriched, raw",
		"grilled chicken breast fooish": "Chicken, breast, boneless, skinless, raw",
	} {
		r, err := f.Search(t.Context(), food.Query{Text: query, Limit: 3})
		if err != nil || len(r.Foods) == 0 || r.Foods[0].Description != want {
			t.Errorf("%q finds %q (%v), want %q", query, names(r.Foods), err, want)
		}
	}
}

// A search says what it left out.
func TestSearchSaysWhatIsMissing(t *testing.T) {
	f := built(t, 1, kitchen()...)
	search := func(q food.Query) food.Result {
		t.Helper()
		r, err := f.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := search(food.Query{Text: "grilled chicken breast", Limit: 5}); r.Partly || !slices.Equal(r.Unknown, []string{"grilled"}) || r.Total != 4 {
		t.Errorf("it finds %+v", r)
	}
	if r := search(food.Query{Text: "roasted brown chicken breast", Limit: 5}); !r.Partly || r.Total != 1 || r.Foods[0].Description[:7] != "Chicken" {
		t.Errorf("it finds %+v", r)
	}
	for _, text := range []string{"", "   ", "the", "?!", "xyzzy", "ba", strings.Repeat("x", 1<<20), "\xff\xfe", "'; DROP TABLE posting; --", "%"} {
		if r := search(food.Query{Text: text, Limit: 5}); r.Total != 0 || len(r.Foods) != 0 {
			t.Errorf("%.30q finds %v", text, names(r.Foods))
		}
	}
	if r := search(food.Query{Text: "banana", Kinds: []food.Kind{food.Survey, food.Foundation}, Limit: 50}); !slices.Equal(names(r.Foods), []string{"Bananas, overripe, raw", "Banana, raw", "Banana, fried", "Banana chips"}) {
		t.Errorf("of two kinds it finds %q", names(r.Foods))
	}
}

// Pages have every food once, in one order.
func TestPages(t *testing.T) {
	f := built(t, 1, kitchen()...)
	all, err := f.Search(t.Context(), food.Query{Text: "banana", Limit: 50})
	if err != nil || all.Total != len(all.Foods) || all.Total < 10 {
		t.Fatalf("%+v, %v", all, err)
	}
	var paged []string
	for offset := 0; offset < all.Total+3; offset += 3 {
		r, err := f.Search(t.Context(), food.Query{Text: "banana", Offset: offset, Limit: 3})
		if err != nil || r.Total != all.Total {
			t.Fatalf("%+v, %v", r, err)
		}
		paged = append(paged, names(r.Foods)...)
	}
	if !slices.Equal(paged, names(all.Foods)) {
		t.Errorf("pages have %q, all is %q", paged, names(all.Foods))
	}
}

// Searches find the same as a look at every food does, however the lists are divided.
func TestSearchAgainstAllFoods(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("apple beef cake date egg fig grape ham ice jam kale lamb")
	var foods []food.Food
	for n := range 700 {
		var some []string
		for range 1 + r.IntN(5) {
			some = append(some, vocabulary[min(r.IntN(12), r.IntN(12))])
		}
		foods = append(foods, food.Food{ID: food.ID(n + 1), Kind: food.Kinds()[r.IntN(4)], Description: strings.Join(some, ", ")})
	}
	f := built(t, 5000, foods...)
	for range 200 {
		var words []string
		for range 1 + r.IntN(3) {
			words = append(words, vocabulary[r.IntN(12)])
		}
		most, count := 0, 0
		for _, one := range foods {
			has := 0
			for _, w := range slices.Compact(slices.Sorted(slices.Values(words))) {
				if slices.Contains(food.WordsOf(one.Description), w) {
					has++
				}
			}
			if has > most {
				most, count = has, 0
			}
			if has == most {
				count++
			}
		}
		got, err := f.Search(t.Context(), food.Query{Text: strings.Join(words, " "), Limit: 1})
		if err != nil || got.Total != count {
			t.Errorf("%v finds %d foods (%v), want %d", words, got.Total, err, count)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Milk, 3.25% fat": "milk 3 25 fat", "Ben & Jerry's": "ben jerry", "Crème brûlée": "creme brulee", "cheeses radishes boxes glass bus peas": "cheese radish box glass bus pea",
		"berries berry": "berry berry", "Egg of the day": "egg day", "\x00\xff": "", "ﬁsh": "fish", strings.Repeat("a", 200): "", strings.Repeat("é", 20): strings.Repeat("e", 20),
	} {
		if got := strings.Join(food.WordsOf(text), " "); got != want {
			t.Errorf("%.40q has the words %q, want %q", text, got, want)
		}
	}
	if n := len(food.WordsOf(strings.Repeat("word ", 10_000_000))); n != 40 {
		t.Errorf("ten million words are %d", n)
	}
}

func TestEnergy(t *testing.T) {
	for want, amounts := range map[float64][]food.Amount{
		89: {{Nutrient: 2047, Value: 95}, {Nutrient: 1008, Value: 89}}, 96: {{Nutrient: 2047, Value: 95}, {Nutrient: 2048, Value: 96}}, 95: {{Nutrient: 2047, Value: 95}},
		100: {{Nutrient: 1062, Value: 418.4}},
	} {
		if got, _, ok := (food.Food{Amounts: amounts}).Energy(); !ok || math.Abs(got-want) > 1e-9 {
			t.Errorf("%v have %v kcal, want %v", amounts, got, want)
		}
	}
	if v, _, ok := (food.Food{Amounts: []food.Amount{{Nutrient: food.Protein, Value: 3}}}).Energy(); ok {
		t.Errorf("an energy that is not stated is %v", v)
	}
}

// The table of nutrients has each once, and its units are those that values are converted to.
func TestTable(t *testing.T) {
	table, ids, numbers := food.NewTable(), map[food.NutrientID]bool{}, map[string]bool{}
	for _, n := range food.Nutrients() {
		if ids[n.ID] || numbers[n.Number] || table.ID(n.Number) != n.ID || !table.Keeps(n.ID) {
			t.Errorf("%+v is there twice, or not", n)
		}
		ids[n.ID], numbers[n.Number] = true, true
	}
	for _, c := range []struct {
		id       food.NutrientID
		value    float64
		unit     string
		want     string
		possible bool
	}{
		{food.Sodium, 0.4, "G", "[{1093 400 }]", true},
		{food.Sodium, 400_000, "UG", "[{1093 400 }]", true},
		{1103, 2, "µg", "[{1103 2 }]", true}, // the micro sign, and below the Greek letter
		{1103, 2, "μg", "[{1103 2 }]", true},
		{1110, 400, "IU", "[{1114 10 }]", true},
		{food.Protein, 101, "g", "[{1003 101 }]", true},
		{food.Protein, 106, "g", "[]", false},
		{food.Protein, -1, "g", "[]", false},
		{food.Protein, math.NaN(), "g", "[]", false},
		{food.Protein, math.Inf(1), "g", "[]", false},
		{food.Energy, 951, "kcal", "[]", false},
		{food.Energy, 100, "kJ", "[]", false},
		{food.Sodium, 106_000, "mg", "[]", false},
		{1104, 300, "", "[{1104 300 }]", true},
		{1114, 300, "IU", "[]", false},
		{9999, 1, "g", "[]", true},
	} {
		if got, possible := table.Take(nil, c.id, c.value, c.unit, food.NotStated); fmt.Sprint(got) != c.want || possible != c.possible {
			t.Errorf("%v %s of %d are %v (%v), want %s", c.value, c.unit, c.id, got, possible, c.want)
		}
	}
	amounts, _ := table.Take(nil, 1063, 3, "g", food.NotStated)
	amounts, _ = table.Take(amounts, food.Sugars, 4, "g", food.NotStated)
	if amounts, _ = table.Take(amounts, 1063, 5, "g", food.NotStated); fmt.Sprint(amounts) != "[{2000 4 }]" {
		t.Errorf("what is stated twice is %v", amounts)
	}
}

// Files that are none of foods, or damaged, are refused or answer as well as they can.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := food.Open(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there is %v", err)
	}
	for name, text := range map[string]string{"empty": "", "text": strings.Repeat("no database ", 1000)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := food.Open(t.Context(), path); !errors.Is(err, food.ErrNoFile) {
			t.Errorf("%s is %v", name, err)
		}
	}
}

// FuzzFile: whatever the bytes of a damaged file say, reading them ends.
func FuzzFile(f *testing.F) {
	f.Add([]byte{1, 0, 0, 5, 0xff, 0xff}, "banana")
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0}, "é'")
	f.Add([]byte("0"), "Ŀ0")
	f.Fuzz(func(t *testing.T, text []byte, words string) {
		if rows := food.ReadRows(text); len(rows) > len(text) {
			t.Errorf("%d bytes have %d rows", len(text), len(rows))
		}
		for _, a := range food.DecodeAmounts(text) {
			if !(a.Value >= 0) || math.IsInf(a.Value, 0) {
				t.Errorf("an amount is %v", a)
			}
		}
		for _, w := range food.WordsOf(words) {
			if again := food.WordsOf(w); len(again) > 1 || w == "" || len(w) > 40 {
				t.Errorf("%q has the word %q, which has %q", words, w, again)
			}
		}
	})
}
