package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func (c *Catalog) analyzeMealNutrition() tool {
	return declare(c, spec{
		name:  "analyze_meal_nutrition",
		title: "Add up a meal",
		doc:   "Adds up the energy and nutrients of foods, and says of how many foods each is known.",
	}, c.addUpMeal)
}

type mealArgs struct {
	Foods []mealFood `json:"foods" limits:"1,50"`
}

type mealFood struct {
	ID       food.ID  `json:"fdc_id" jsonschema:"From search_food." limits:"1,9000000000000"`
	Grams    *float64 `json:"grams,omitempty" jsonschema:"How much, or ml of what is measured by volume. Either this or portion." limits:"0.01,20000"`
	Portion  string   `json:"portion,omitempty" jsonschema:"Name of one of the food's portions, from get_food_details." limits:"1,120"`
	Quantity *float64 `json:"quantity,omitempty" jsonschema:"How many portions." limits:"0.01,1000" default:"1"`
}

func (a mealArgs) problems() []string {
	var wrong []string
	for i, f := range a.Foods {
		if (f.Grams == nil) == (f.Portion == "") {
			wrong = append(wrong, fmt.Sprintf("foods[%d] must have either grams or portion.", i))
		}
		if f.Quantity != nil && f.Portion == "" {
			wrong = append(wrong, fmt.Sprintf("foods[%d].quantity is of portions; give portion with it.", i))
		}
	}
	return wrong
}

type mealAnswer struct {
	Totals      mealTotals   `json:"meal_totals" jsonschema:"of the foods that state each; see incomplete"`
	Incomplete  []incomplete `json:"incomplete,omitempty" jsonschema:"totals to which some foods added nothing, because they do not state them"`
	Macros      mealMacros   `json:"macro_breakdown"`
	Ingredients []ingredient `json:"ingredients"`
	Note        string       `json:"note,omitempty"`
	Source      string       `json:"source"`
}

type ingredient struct {
	ID          food.ID  `json:"fdc_id"`
	Description string   `json:"description"`
	Grams       float64  `json:"grams"`
	Kcal        *float64 `json:"calories_kcal,omitempty"`
	Protein     *float64 `json:"protein_g,omitempty"`
	Carbs       *float64 `json:"carbs_g,omitempty"`
	Fat         *float64 `json:"fat_g,omitempty"`
}

// mostIngredientName is how many characters of a food's name a meal has, so that the answer of a meal of fifty foods is short.
const mostIngredientName = 32

// An eaten food is so much of one, in g or ml.
type eaten struct {
	food.Food

	quantity float64
}

func (c *Catalog) addUpMeal(ctx context.Context, _ pierre.UserID, args mealArgs) (mealAnswer, error) {
	meal, err := c.meal(ctx, args.Foods)
	if err != nil {
		return mealAnswer{}, err
	}
	a := mealAnswer{Source: c.foodSource()}
	liquids := 0
	for _, e := range meal {
		a.Ingredients = append(a.Ingredients, ingredient{
			e.ID, shorten(e.Description, mostIngredientName), *rounded(e.quantity, 1), inQuantity(e.Food, food.Energy, e.quantity),
			inQuantity(e.Food, food.Protein, e.quantity), inQuantity(e.Food, food.Carbohydrate, e.quantity), inQuantity(e.Food, food.Fat, e.quantity),
		})
		a.Totals.Grams += e.quantity
		if e.Liquid {
			liquids++
		}
	}
	a.Totals.Grams = *rounded(a.Totals.Grams, 1)
	if liquids > 0 {
		a.Note = fmt.Sprintf("Values of %s are of 100 ml; 1 ml counts as 1 g.", human.Plural(liquids, "food"))
	}
	a.Totals, a.Incomplete = addUp(a.Totals.Grams, meal)
	a.Macros = macrosOf(meal)
	return a, nil
}

// meal returns the foods, in the order of the arguments.
func (c *Catalog) meal(ctx context.Context, foods []mealFood) ([]eaten, error) {
	var ids []food.ID
	for _, f := range foods {
		ids = append(ids, f.ID)
	}
	found, err := c.options.Foods.Foods(ctx, ids)
	if err != nil {
		return nil, err
	}
	var meal []eaten
	var wrong []string
	for i, f := range foods {
		at := slices.IndexFunc(found, func(one food.Food) bool { return one.ID == f.ID })
		if at < 0 {
			wrong = append(wrong, fmt.Sprintf("foods[%d]: there is no food %d; search_food finds those that there are.", i, f.ID))
			continue
		}
		quantity, problem := f.quantity(found[at])
		if problem != "" {
			wrong = append(wrong, fmt.Sprintf("foods[%d]: %s", i, problem))
		}
		meal = append(meal, eaten{found[at], quantity})
	}
	return meal, wrongArguments(wrong)
}

// quantity returns how much of the food it is, or what is wrong with it.
func (m mealFood) quantity(f food.Food) (quantity float64, problem string) {
	if m.Grams != nil {
		return *m.Grams, ""
	}
	var names []string
	for _, p := range f.Portions {
		if strings.EqualFold(p.Name, m.Portion) {
			quantity := p.Amount
			if m.Quantity != nil {
				quantity *= *m.Quantity
			}
			return quantity, ""
		}
		names = append(names, quote(p.Name))
	}
	if len(names) == 0 {
		return 0, fmt.Sprintf("%s has no portions; give grams.", shorten(f.Description, mostListedName))
	}
	return 0, fmt.Sprintf("%s has no portion %s, but %s; or give grams.", shorten(f.Description, mostListedName), quote(m.Portion), strings.Join(names[:min(len(names), mostPortions)], ", "))
}

func (a mealAnswer) text() string {
	short := map[string]string{}
	for _, i := range a.Incomplete {
		short[i.Nutrient] = fmt.Sprintf("known for %d of %d foods", i.KnownFor, i.Of)
	}
	parts := []string{plain(a.Totals.Grams) + " g"}
	for _, t := range a.Totals.all() {
		at := strings.LastIndex(t.name, "_")
		name, unit := strings.ReplaceAll(t.name[:at], "_", " "), t.name[at+1:]
		switch part := name; {
		case *t.into == nil && short[t.name] != "":
			parts = append(parts, part+" not known")
		case *t.into == nil:
		case short[t.name] != "":
			parts = append(parts, part+" "+plain(**t.into)+" "+unit+" ("+short[t.name]+")")
		default:
			parts = append(parts, part+" "+plain(**t.into)+" "+unit)
		}
	}
	lines := []string{strings.Join(parts, ", ")}
	if m := a.Macros; m.Protein != nil {
		line := fmt.Sprintf("energy from protein %s %%, carbohydrate %s %%, fat %s %%", plain(*m.Protein), plain(*m.Carbs), plain(*m.Fat))
		if m.Alcohol != nil {
			line += ", alcohol " + plain(*m.Alcohol) + " %"
		}
		if m.KnownFor < len(a.Ingredients) {
			line += fmt.Sprintf(", of %d of %d foods", m.KnownFor, len(a.Ingredients))
		}
		lines = append(lines, line+" ["+m.Method+"]")
	} else {
		lines = append(lines, "energy shares "+m.NotAvailable)
	}
	for _, i := range a.Ingredients {
		line := plain(i.Grams) + " g " + i.Description
		if i.Kcal != nil {
			line += ", " + plain(*i.Kcal) + " kcal"
		}
		lines = append(lines, line)
	}
	if a.Note != "" {
		lines = append(lines, a.Note)
	}
	return strings.Join(append(lines, a.Source), "\n")
}
