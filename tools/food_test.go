package tools_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/store/storetest"
	"github.com/pierre-mcp/pierre/tools"
)

// kitchen is a file of foods that all tests share. They only read it.
var kitchen *food.File

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "pierre-foods-")
		if err == nil {
			defer os.RemoveAll(dir)
			kitchen, err = cook(context.Background(), filepath.Join(dir, "food.db"))
		}
		if err != nil {
			_, _ = io.WriteString(os.Stderr, err.Error())
			return 1
		}
		defer kitchen.Close()
		return m.Run()
	}())
}

// Foods of the kitchen.
const (
	bananaID food.ID = 1001 + iota
	oatsID
	drinkID // 100 ml of it, by its label
	fullID  // all nutrients that there are
	beerID
	bareID // nothing is known of it
)

// cook makes and opens the file.
func cook(ctx context.Context, path string) (*food.File, error) {
	b, err := food.NewBuilder(ctx, path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	foods := []food.Food{
		{
			ID: bananaID, Kind: food.Legacy, Description: "Bananas, raw", Category: "Fruits and Fruit Juices", Published: "2019-04-01",
			Amounts:  amountsOf(food.Analysed, food.Energy, 89, food.Protein, 1.09, food.Fat, 0.33, food.Carbohydrate, 22.84, food.Fiber, 2.6, food.Sugars, 12.23, food.Sodium, 1, food.Potassium, 358, food.Alcohol, 0),
			Portions: []food.Portion{{Name: `1 medium (7" to 7-7/8" long)`, Amount: 118}, {Name: "1 cup, mashed", Amount: 225}},
		},
		{ID: oatsID, Kind: food.Foundation, Description: "Oats, whole grain, rolled, old fashioned", Published: "2020-10-30", Amounts: amountsOf(food.Calculated, 2047, 379, food.Protein, 13.5, food.Fat, 5.89, food.Carbohydrate, 68.7, food.Fiber, 10.4)},
		{ID: drinkID, Kind: food.Branded, Description: "BANANA DRINK", Brand: "ACME, Acme Foods, Inc.", Liquid: true, Amounts: amountsOf(food.Labelled, food.Energy, 45, food.Protein, 0, food.Sodium, 20), Portions: []food.Portion{{Name: "1 cup (240 ml)", Amount: 240}}},
		{ID: beerID, Kind: food.Survey, Description: "Beer", Amounts: amountsOf("", food.Energy, 43, food.Protein, 0.46, food.Fat, 0, food.Carbohydrate, 3.55, food.Alcohol, 3.9)},
		{ID: bareID, Kind: food.Survey, Description: "Soup, " + strings.Repeat("very ", 60) + "long"},
	}
	full := food.Food{ID: fullID, Kind: food.Foundation, Description: strings.Repeat("Whole Food ", 27), Brand: strings.Repeat("Brand ", 16), Category: strings.Repeat("Category ", 11), Published: "2024-04-18"}
	for _, n := range food.Nutrients() {
		full.Amounts = append(full.Amounts, food.Amount{Nutrient: n.ID, Value: 100. / 7, Source: food.Calculated})
	}
	for n := range 20 {
		full.Portions = append(full.Portions, food.Portion{Name: fmt.Sprintf("%d %s", n, strings.Repeat("cup ", 18)), Amount: 123.456})
	}
	for n := range 60 {
		foods = append(foods, food.Food{ID: food.ID(2000 + n), Kind: food.Branded, Description: fmt.Sprintf("MUESLI BAR %d, %s", n, strings.Repeat("CRUNCHY ", 30)), Brand: strings.Repeat("Brand ", 16), Amounts: full.Amounts})
	}
	for _, f := range append(foods, full) {
		if _, err := b.Add(ctx, f); err != nil {
			return nil, err
		}
	}
	if _, err := b.Finish(ctx, []string{"made up"}, now()); err != nil {
		return nil, err
	}
	return food.Open(ctx, path)
}

// amountsOf makes amounts of nutrients and values in turn.
func amountsOf(s food.Source, pairs ...any) []food.Amount {
	var amounts []food.Amount
	for i := 0; i < len(pairs); i += 2 {
		var id food.NutrientID
		_, err := fmt.Sscan(fmt.Sprint(pairs[i]), &id)
		var v float64
		if _, err2 := fmt.Sscan(fmt.Sprint(pairs[i+1]), &v); err != nil || err2 != nil {
			panic(errors.Join(err, err2)) //nolint:forbidigo // the tests' own numbers
		}
		amounts = append(amounts, food.Amount{Nutrient: id, Value: v, Source: s})
	}
	return amounts
}

func foodHost(t *testing.T) host {
	t.Helper()
	s := storetest.New(t)
	return newHost(t, s, newUser(t, s, "ana@example.com"))
}

type foundFoods struct {
	Foods []struct {
		ID    food.ID  `json:"fdc_id"`
		Grams *float64 `json:"kcal_per_100g"`
		ML    *float64 `json:"kcal_per_100ml"`
		Brand string   `json:"brand_owner"`
	}
	Total   int  `json:"total_hits"`
	Page    int  `json:"page_number"`
	Pages   int  `json:"total_pages"`
	HasMore bool `json:"has_more"`
	Note    string
	Source  string
}

func TestSearchFood(t *testing.T) {
	h := foodHost(t)
	search := func(a args) (got foundFoods) {
		t.Helper()
		r := h.call("search_food", a)
		r.decode(t, &got)
		if r.Bytes > answerBytes && a["page_size"] != 50 {
			t.Errorf("%v: the answer has %d bytes", a, r.Bytes)
		}
		return got
	}
	got := search(args{"query": "banana"})
	if len(got.Foods) != 2 || got.Foods[0].ID != bananaID || *got.Foods[0].Grams != 89 || got.Foods[1].ID != drinkID || *got.Foods[1].ML != 45 || got.Foods[1].Grams != nil ||
		got.Foods[1].Brand == "" || got.HasMore || got.Pages != 1 || !strings.Contains(got.Source, "up to 2024-04-18") {
		t.Errorf("it finds %+v", got)
	}
	if got := search(args{"query": "oats"}); *got.Foods[0].Grams != 379 {
		t.Errorf("the energy by Atwater's factors is %+v", got)
	}
	if got := search(args{"query": "soup"}); len(got.Foods) != 1 || got.Foods[0].Grams != nil {
		t.Errorf("an energy that is not known is %+v", got)
	}
	if got := search(args{"query": "muesli bars", "page": 7, "page_size": 9}); len(got.Foods) != 6 || got.HasMore || got.Pages != 7 || got.Total != 60 {
		t.Errorf("the last page is %+v", got)
	}
	if got := search(args{"query": "muesli bars", "page": 1_000_000}); len(got.Foods) != 0 || got.HasMore {
		t.Errorf("a page that there is not is %+v", got)
	}
	if got := search(args{"query": "muesli bars", "page_size": 50}); len(got.Foods) != 50 || !got.HasMore {
		t.Errorf("a large page is %+v", got)
	}
	if got := search(args{"query": "banana", "data_type": "Branded"}); got.Total != 1 || got.Foods[0].ID != drinkID {
		t.Errorf("of products it finds %+v", got)
	}
	if got := search(args{"query": "unobtainium"}); got.Total != 0 || !strings.Contains(got.Note, "No food has unobtainium") || !strings.Contains(got.Note, "fewer") {
		t.Errorf("it finds %+v", got)
	}
	for _, c := range []struct {
		args args
		says string
	}{{nil, "query"}, {args{"query": ""}, "query"}, {args{"query": "a", "page_size": 51}, "1 to 50"}, {args{"query": "a", "page": 0}, "page"}, {args{"query": "a", "data_type": "Experimental"}, "Foundation"}} {
		if r := h.call("search_food", c.args); !r.IsError || !strings.Contains(r.Text, c.says) {
			t.Errorf("%v: %s", c.args, r.Text)
		}
	}
}

// All that can be said of a food fits into an answer.
func TestFoodDetails(t *testing.T) {
	h := foodHost(t)
	var got struct {
		Per       string   `json:"amounts_per"`
		Kcal      *float64 `json:"calories_kcal"`
		Basis     string   `json:"energy_basis"`
		Nutrients []struct {
			Name, Unit, Source string
			Amount             float64
		}
		Portions []struct {
			Name    string
			Grams   *float64
			ML      *float64 `json:"milliliters"`
			Kcal    *float64 `json:"calories_kcal"`
			Protein *float64 `json:"protein_g"`
			Carbs   *float64 `json:"carbs_g"`
		}
		Serving *float64 `json:"serving_size"`
		Unit    string   `json:"serving_size_unit"`
	}
	r := h.call("get_food_details", args{"fdc_id": bananaID})
	r.decode(t, &got)
	if p := got.Portions; got.Per != "100 g" || *got.Kcal != 89 || got.Basis != "" || len(got.Nutrients) != 8 || len(p) != 2 || *p[0].Kcal != 105 || *p[0].Protein != 1.3 || *got.Serving != 118 || got.Unit != "g" {
		t.Errorf("the banana is %+v", got)
	}
	if n := got.Nutrients[0]; n.Name != "Protein" || n.Amount != 1.09 || n.Unit != "g" || n.Source != "analysed" {
		t.Errorf("its first nutrient is %+v", n)
	}
	got.Portions = nil
	h.call("get_food_details", args{"fdc_id": drinkID}).decode(t, &got)
	if p := got.Portions; got.Per != "100 ml" || got.Unit != "ml" || len(p) != 1 || *p[0].ML != 240 || p[0].Grams != nil || *p[0].Kcal != 108 || p[0].Carbs != nil {
		t.Errorf("the drink is %+v", got)
	}
	got.Basis, got.Kcal = "", nil
	h.call("get_food_details", args{"fdc_id": oatsID}).decode(t, &got)
	if *got.Kcal != 379 || got.Basis != "Atwater general factors" {
		t.Errorf("the oats are %+v", got)
	}
	if r := h.call("get_food_details", args{"fdc_id": fullID}); r.IsError || r.Bytes > answerBytes {
		t.Errorf("the answer has %d bytes: %s", r.Bytes, r.Text)
	}
	if r := h.call("get_food_details", args{"fdc_id": bareID}); r.IsError || !strings.Contains(r.Text, "energy not known") {
		t.Errorf("a food of which nothing is known is %s", r.Text)
	}
	for _, id := range []any{7, 9_000_000_000_000, -1, 1.5, "x", nil} {
		if r := h.call("get_food_details", args{"fdc_id": id}); !r.IsError {
			t.Errorf("%v: %s", id, r.Text)
		}
	}
	if r := h.call("get_food_details", args{"fdc_id": "1001"}); r.IsError {
		t.Errorf("a number as text: %s", r.Text)
	}
}

type shownMeal struct {
	Totals     map[string]float64 `json:"meal_totals"`
	Incomplete []struct {
		Nutrient string
		KnownFor int `json:"known_for_foods"`
		Of       int `json:"of_foods"`
	}
	Macros struct {
		Protein      *float64 `json:"protein_percent"`
		Carbs        *float64 `json:"carbs_percent"`
		Fat          *float64 `json:"fat_percent"`
		Alcohol      *float64 `json:"alcohol_percent"`
		Method       string
		KnownFor     int    `json:"known_for_foods"`
		NotAvailable string `json:"not_available"`
	} `json:"macro_breakdown"`
	Ingredients []struct {
		ID    food.ID `json:"fdc_id"`
		Grams float64
		Kcal  *float64 `json:"calories_kcal"`
	}
	Note string
}

// A meal adds up what is known, and says of how many foods that is.
func TestMeal(t *testing.T) {
	h := foodHost(t)
	meal := func(foods ...any) (got shownMeal) {
		t.Helper()
		r := h.call("analyze_meal_nutrition", args{"foods": foods})
		r.decode(t, &got)
		if r.Bytes > 2*answerBytes || r.Bytes > answerBytes && len(foods) < 20 {
			t.Errorf("the answer has %d bytes", r.Bytes)
		}
		return got
	}
	got := meal(args{"fdc_id": bananaID, "portion": "1 CUP, mashed", "quantity": 2}, args{"fdc_id": oatsID, "grams": 60}, args{"fdc_id": drinkID, "portion": "1 cup (240 ml)"})
	// 4.5 · 89 + 0.6 · 379 + 2.4 · 45 = 735.9; 4.5 · 1.09 + 0.6 · 13.5 = 13.005
	if tot := got.Totals; tot["grams"] != 750 || tot["calories_kcal"] != 736 || tot["protein_g"] != 13 || tot["carbs_g"] != 144 || tot["fiber_g"] != 17.9 || tot["sodium_mg"] != 53 {
		t.Errorf("the totals are %v", got.Totals)
	}
	if _, ok := got.Totals["iron_mg"]; ok {
		t.Error("iron, which no food states, has a total")
	}
	known := map[string]string{}
	for _, i := range got.Incomplete {
		known[i.Nutrient] = fmt.Sprintf("%d/%d", i.KnownFor, i.Of)
	}
	if known["fiber_g"] != "2/3" || known["sugars_g"] != "1/3" || known["iron_mg"] != "0/3" || known["calories_kcal"] != "" || known["alcohol_g"] != "" {
		t.Errorf("it says of coverage %v", known)
	}
	// of banana and oats: 13.005 g, 144 g and 5.019 g are 673.2 kcal
	if m := got.Macros; *m.Protein != 8 || *m.Carbs != 86 || *m.Fat != 7 || m.Alcohol != nil || m.KnownFor != 2 || !strings.Contains(m.Method, "Atwater") {
		t.Errorf("the energy is of %+v", m)
	}
	if len(got.Ingredients) != 3 || got.Ingredients[0].Grams != 450 || *got.Ingredients[0].Kcal != 400.5 || !strings.Contains(got.Note, "1 ml counts as 1 g") {
		t.Errorf("it is %+v", got)
	}
	if got := meal(args{"fdc_id": beerID, "grams": 500}); *got.Macros.Alcohol != 63 || got.Totals["alcohol_g"] != 19.5 {
		t.Errorf("beer is %+v", got)
	}
	if got := meal(args{"fdc_id": bareID, "grams": 500}, args{"fdc_id": bareID, "grams": 1}); len(got.Totals) != 1 || got.Macros.Protein != nil || got.Macros.NotAvailable == "" || len(got.Ingredients) != 2 {
		t.Errorf("a meal of which nothing is known is %+v", got)
	}
	var many []any
	for n := range 50 {
		many = append(many, args{"fdc_id": 2000 + n, "grams": 333.3})
	}
	if got := meal(many...); len(got.Ingredients) != 50 {
		t.Errorf("it has %d foods", len(got.Ingredients))
	}
}

// All that is wrong with a meal is said at once, with what would be right.
func TestWrongMeal(t *testing.T) {
	h := foodHost(t)
	for _, c := range []struct {
		foods any
		says  []string
	}{
		{nil, []string{"foods"}},
		{[]any{}, []string{"1 to 50"}},
		{[]any{args{"fdc_id": bananaID}}, []string{"foods[0] must have either grams or portion"}},
		{[]any{args{"fdc_id": bananaID, "grams": 5, "portion": "x"}}, []string{"either grams or portion"}},
		{[]any{args{"fdc_id": bananaID, "grams": 5, "quantity": 2}}, []string{"quantity is of portions"}},
		{[]any{args{"grams": 5}}, []string{"fdc_id"}},
		{[]any{args{"fdc_id": bananaID, "grams": -5}}, []string{"grams"}},
		{[]any{args{"fdc_id": bananaID, "portion": "1 cup"}, args{"fdc_id": 5, "grams": 5}, args{"fdc_id": oatsID, "portion": "1 cup"}}, []string{`"1 cup, mashed"`, "foods[1]: there is no food 5", "has no portions; give grams"}},
	} {
		r := h.call("analyze_meal_nutrition", args{"foods": c.foods})
		for _, says := range c.says {
			if !r.IsError || !strings.Contains(r.Text, says) {
				t.Errorf("%v: %s, want %q", c.foods, r.Text, says)
			}
		}
	}
}

// Without a file there are no tools for foods, and only the full list shows them.
func TestFoodToolsAreListed(t *testing.T) {
	s := storetest.New(t)
	h := newHost(t, s, "user_x")
	h.server = serverOf(t, s, tools.Options{})
	for _, tool := range h.list() {
		if strings.Contains(tool.Name, "food") || strings.Contains(tool.Name, "meal") {
			t.Errorf("%s is there without a file", tool.Name)
		}
	}
	for _, tool := range []string{"search_food", "get_food_details", "analyze_meal_nutrition"} {
		if tools.InProfile(pierre.ProfileDefault, tool) || tools.InProfile(pierre.ProfileMinimal, tool) || !tools.InProfile(pierre.ProfileFull, tool) {
			t.Errorf("%s is in the wrong lists", tool)
		}
	}
}
