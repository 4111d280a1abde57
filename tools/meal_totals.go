package tools

import (
	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/food"
)

type mealTotals struct {
	Grams     float64  `json:"grams"`
	Kcal      *float64 `json:"calories_kcal,omitempty"`
	Protein   *float64 `json:"protein_g,omitempty"`
	Carbs     *float64 `json:"carbs_g,omitempty"`
	Fat       *float64 `json:"fat_g,omitempty"`
	Saturated *float64 `json:"saturated_fat_g,omitempty"`
	Fiber     *float64 `json:"fiber_g,omitempty"`
	Sugars    *float64 `json:"sugars_g,omitempty"`
	Alcohol   *float64 `json:"alcohol_g,omitempty"`
	Sodium    *float64 `json:"sodium_mg,omitempty"`
	Potassium *float64 `json:"potassium_mg,omitempty"`
	Calcium   *float64 `json:"calcium_mg,omitempty"`
	Iron      *float64 `json:"iron_mg,omitempty"`
}

type incomplete struct {
	Nutrient string `json:"nutrient" jsonschema:"member of meal_totals"`
	KnownFor int    `json:"known_for_foods"`
	Of       int    `json:"of_foods"`
}

type mealMacros struct {
	Protein      *float64 `json:"protein_percent,omitempty" jsonschema:"of the energy"`
	Carbs        *float64 `json:"carbs_percent,omitempty"`
	Fat          *float64 `json:"fat_percent,omitempty"`
	Alcohol      *float64 `json:"alcohol_percent,omitempty"`
	Method       string   `json:"method,omitempty"`
	KnownFor     int      `json:"known_for_foods"`
	NotAvailable string   `json:"not_available,omitempty"`
}

// A mealTotal is one of the totals.
type mealTotal struct {
	name     string
	nutrient food.NutrientID
	into     **float64
	decimals int
}

func (t *mealTotals) all() []mealTotal {
	return []mealTotal{
		{"calories_kcal", food.Energy, &t.Kcal, 0},
		{"protein_g", food.Protein, &t.Protein, 1},
		{"carbs_g", food.Carbohydrate, &t.Carbs, 1},
		{"fat_g", food.Fat, &t.Fat, 1},
		{"saturated_fat_g", food.Saturated, &t.Saturated, 1},
		{"fiber_g", food.Fiber, &t.Fiber, 1},
		{"sugars_g", food.Sugars, &t.Sugars, 1},
		{"alcohol_g", food.Alcohol, &t.Alcohol, 1},
		{"sodium_mg", food.Sodium, &t.Sodium, 0},
		{"potassium_mg", food.Potassium, &t.Potassium, 0},
		{"calcium_mg", food.Calcium, &t.Calcium, 0},
		{"iron_mg", food.Iron, &t.Iron, 1},
	}
}

// addUp returns the totals, and which are incomplete. Of alcohol, which few foods state, what there is counts.
func addUp(grams float64, meal []eaten) (totals mealTotals, short []incomplete) {
	totals.Grams = grams
	for _, t := range totals.all() {
		sum, n := 0.0, 0
		for _, e := range meal {
			if v, ok := known100(e.Food, t.nutrient); ok {
				sum += v * e.quantity / 100
				n++
			}
		}
		if n > 0 && (t.nutrient != food.Alcohol || sum > 0) {
			*t.into = rounded(sum, t.decimals)
		}
		if n < len(meal) && t.nutrient != food.Alcohol {
			short = append(short, incomplete{t.name, n, len(meal)})
		}
	}
	return totals, short
}

// macrosOf says what the energy comes from, of the foods that state all three.
func macrosOf(meal []eaten) mealMacros {
	var protein, carbs, fat, alcohol float64
	m := mealMacros{}
	for _, e := range meal {
		p, ok1 := e.Amount(food.Protein)
		k, ok2 := e.Amount(food.Carbohydrate)
		f, ok3 := e.Amount(food.Fat)
		if !ok1 || !ok2 || !ok3 {
			continue
		}
		drunk, _ := e.Amount(food.Alcohol)
		m.KnownFor++
		protein, carbs, fat, alcohol = protein+p*e.quantity/100, carbs+k*e.quantity/100, fat+f*e.quantity/100, alcohol+drunk*e.quantity/100
	}
	split, err := fitness.SplitEnergy(protein, carbs, fat, alcohol)
	switch {
	case m.KnownFor == 0:
		m.NotAvailable = "not available because no food states protein, carbohydrate and fat"
		return m
	case err != nil:
		m.NotAvailable = notAvailable(err)
		return m
	}
	m.Method = string(fitness.MethodAtwater)
	m.Protein, m.Carbs, m.Fat = rounded(split.Protein, 0), rounded(split.Carbohydrate, 0), rounded(split.Fat, 0)
	if split.Alcohol > 0 {
		m.Alcohol = rounded(split.Alcohol, 0)
	}
	return m
}
