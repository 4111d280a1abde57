package tools

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) getFoodDetails() tool {
	return declare(c, spec{
		name:  "get_food_details",
		title: "Show a food",
		doc:   "Shows the nutrients of a food, and its usual portions.",
	}, c.showFood)
}

type foodArgs struct {
	ID food.ID `json:"fdc_id" jsonschema:"From search_food." limits:"1,9000000000000"`
}

type foodAnswer struct {
	foodName

	Category    string         `json:"category,omitempty"`
	Published   string         `json:"published,omitempty"`
	Per         string         `json:"amounts_per" jsonschema:"of how much food the energy and the nutrients are"`
	Kcal        *float64       `json:"calories_kcal,omitempty"`
	Basis       string         `json:"energy_basis,omitempty"`
	Nutrients   []foodNutrient `json:"nutrients" jsonschema:"what is not listed is not known, which is not 0"`
	Portions    []foodPortion  `json:"portions"`
	ServingSize *float64       `json:"serving_size,omitempty" jsonschema:"of the first portion"`
	ServingUnit string         `json:"serving_size_unit,omitempty"`
	Source      string         `json:"source"`
}

type foodNutrient struct {
	Name   string      `json:"name"`
	Amount float64     `json:"amount"`
	Unit   food.Unit   `json:"unit"`
	Source food.Source `json:"source,omitempty" jsonschema:"analysed, calculated, or label: as the producer states it"`
}

type foodPortion struct {
	Name    string   `json:"name"`
	Grams   *float64 `json:"grams,omitempty"`
	ML      *float64 `json:"milliliters,omitempty"`
	Kcal    *float64 `json:"calories_kcal,omitempty"`
	Protein *float64 `json:"protein_g,omitempty"`
	Carbs   *float64 `json:"carbs_g,omitempty"`
	Fat     *float64 `json:"fat_g,omitempty"`
}

// mostPortions is how many portions of a food an answer lists.
const mostPortions = 8

func (c *Catalog) showFood(ctx context.Context, _ pierre.UserID, args foodArgs) (foodAnswer, error) {
	f, err := c.options.Foods.Food(ctx, args.ID)
	if err != nil {
		return foodAnswer{}, err
	}
	a := foodAnswer{foodName: nameOf(f, mostDescription), Category: f.Category, Published: f.Published, Per: "100 " + quantityUnit(f), Nutrients: []foodNutrient{}, Portions: []foodPortion{}, Source: c.foodSource()}
	if kcal, basis, ok := f.Energy(); ok {
		a.Kcal, a.Basis = rounded(kcal, 1), basis
	}
	known := map[food.NutrientID]food.Amount{}
	for _, amount := range f.Amounts {
		known[amount.Nutrient] = amount
	}
	for _, n := range food.Nutrients() {
		if amount, ok := known[n.ID]; ok && !n.ID.IsEnergy() {
			a.Nutrients = append(a.Nutrients, foodNutrient{n.Name, significant(amount.Value), n.Unit, amount.Source})
		}
	}
	for _, p := range f.Portions[:min(len(f.Portions), mostPortions)] {
		a.Portions = append(a.Portions, viewPortion(f, p))
	}
	if len(f.Portions) > 0 {
		a.ServingSize, a.ServingUnit = rounded(f.Portions[0].Amount, 1), quantityUnit(f)
	}
	return a, nil
}

// significant returns v with four significant digits, more than any food is alike.
func significant(v float64) float64 {
	if v == 0 {
		return 0
	}
	return *rounded(v, 3-int(math.Floor(math.Log10(v))))
}

// quantityUnit is the unit of quantities of a food.
func quantityUnit(f food.Food) string {
	if f.Liquid {
		return "ml"
	}
	return "g"
}

func viewPortion(f food.Food, p food.Portion) foodPortion {
	v := foodPortion{Name: p.Name}
	if f.Liquid {
		v.ML = rounded(p.Amount, 1)
	} else {
		v.Grams = rounded(p.Amount, 1)
	}
	v.Kcal, v.Protein = inQuantity(f, food.Energy, p.Amount), inQuantity(f, food.Protein, p.Amount)
	v.Carbs, v.Fat = inQuantity(f, food.Carbohydrate, p.Amount), inQuantity(f, food.Fat, p.Amount)
	return v
}

// known100 returns how much of a nutrient, or energy in kcal, 100 g or ml have.
func known100(f food.Food, n food.NutrientID) (float64, bool) {
	if n == food.Energy {
		kcal, _, ok := f.Energy()
		return kcal, ok
	}
	return f.Amount(n)
}

// inQuantity returns how much of it so many g or ml have, nil if that is not known.
func inQuantity(f food.Food, n food.NutrientID, quantity float64) *float64 {
	v, ok := known100(f, n)
	if !ok {
		return nil
	}
	return rounded(v*quantity/100, 1)
}

func (a foodAnswer) text() string {
	lines := []string{a.foodName.text()}
	if a.Kcal != nil {
		line := "in " + a.Per + ": " + plain(*a.Kcal) + " kcal"
		if a.Basis != "" {
			line += " (" + a.Basis + ")"
		}
		lines = append(lines, line)
	} else {
		lines = append(lines, "in "+a.Per+": energy not known")
	}
	var all []string
	for _, n := range a.Nutrients {
		all = append(all, fmt.Sprintf("%s %s %s", n.Name, plain(n.Amount), n.Unit))
	}
	lines = append(lines, strings.Join(all, "; "))
	for _, p := range a.Portions {
		line := "portion " + p.Name
		switch {
		case p.Grams != nil:
			line += ": " + plain(*p.Grams) + " g"
		case p.ML != nil:
			line += ": " + plain(*p.ML) + " ml"
		}
		if p.Kcal != nil {
			line += ", " + plain(*p.Kcal) + " kcal"
		}
		lines = append(lines, line)
	}
	return strings.Join(append(lines, a.Source), "\n")
}
