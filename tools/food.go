package tools

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/human"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Foods are those of the file that the operator has given.
type Foods interface {
	Search(ctx context.Context, q food.Query) (food.Result, error)
	Food(ctx context.Context, id food.ID) (food.Food, error)
	// Foods returns those of the IDs that there are, in no order.
	Foods(ctx context.Context, ids []food.ID) ([]food.Food, error)
	Made() food.Made
}

func (c *Catalog) searchFood() tool {
	return declare(c, spec{
		name:  "search_food",
		title: "Search foods",
		doc:   "Finds foods by words, in USDA FoodData Central. Plain foods come before products: name brands to find those. get_food_details and analyze_meal_nutrition take the fdc_id.",
	}, c.findFoods)
}

type searchFoodArgs struct {
	Query string    `json:"query" jsonschema:"English words, such as brown rice cooked." limits:"1,200"`
	Kind  food.Kind `json:"data_type,omitempty" jsonschema:"Only of this part: Foundation and SR Legacy are analysed foods, Survey (FNDDS) dishes, Branded products."`
	Size  int       `json:"page_size,omitempty" limits:"1,50" default:"10"`
	Page  int       `json:"page,omitempty" limits:"1,1000000" default:"1"`
}

type searchFoodAnswer struct {
	Foods   []foundFood `json:"foods" jsonschema:"the likeliest first"`
	Total   int         `json:"total_hits"`
	Page    int         `json:"page_number"`
	Pages   int         `json:"total_pages"`
	HasMore bool        `json:"has_more"`
	Note    string      `json:"note,omitempty"`
	Source  string      `json:"source"`
}

// A foodName is what a food is called in answers.
type foodName struct {
	ID          food.ID   `json:"fdc_id"`
	Description string    `json:"description"`
	Kind        food.Kind `json:"data_type"`
	Brand       string    `json:"brand_owner,omitempty"`
}

func nameOf(f food.Food, most int) foodName {
	return foodName{f.ID, shorten(f.Description, most), f.Kind, shorten(f.Brand, mostBrandName)}
}

func (n foodName) text() string {
	s := n.Description
	if n.Brand != "" {
		s += " (" + n.Brand + ")"
	}
	return fmt.Sprintf("%s [%s, fdc_id %d]", s, n.Kind, n.ID)
}

const (
	mostBrandName   = 40  // characters of a brand in a list
	mostListedName  = 60  // of a food in a list
	mostDescription = 150 // of one that is shown alone
)

type foundFood struct {
	foodName

	PerGrams *float64 `json:"kcal_per_100g,omitempty"`
	PerML    *float64 `json:"kcal_per_100ml,omitempty" jsonschema:"of what is measured by volume"`
}

func (c *Catalog) findFoods(ctx context.Context, _ pierre.UserID, args searchFoodArgs) (searchFoodAnswer, error) {
	q := food.Query{Text: args.Query, Limit: cmp.Or(args.Size, 10)}
	page := max(args.Page, 1)
	q.Offset = (page - 1) * q.Limit
	if args.Kind != "" {
		q.Kinds = []food.Kind{args.Kind}
	}
	r, err := c.options.Foods.Search(ctx, q)
	if err != nil {
		return searchFoodAnswer{}, err
	}
	a := searchFoodAnswer{Foods: []foundFood{}, Total: r.Total, Page: page, Pages: (r.Total + q.Limit - 1) / q.Limit, Source: c.foodSource()}
	a.HasMore = a.Page < a.Pages
	for _, f := range r.Foods {
		one := foundFood{foodName: nameOf(f, mostListedName)}
		if kcal, _, ok := f.Energy(); ok && f.Liquid {
			one.PerML = rounded(kcal, 0)
		} else if ok {
			one.PerGrams = rounded(kcal, 0)
		}
		a.Foods = append(a.Foods, one)
	}
	a.Note = searchNote(r)
	return a, nil
}

// searchNote says what a search has left out.
func searchNote(r food.Result) string {
	var notes []string
	if len(r.Unknown) > 0 {
		notes = append(notes, "No food has "+human.Line(strings.Join(r.Unknown, ", "))+".")
	}
	if r.Partly {
		notes = append(notes, "No food has all the words; these have most of them.")
	}
	if r.Total == 0 {
		notes = append(notes, "Try fewer or more general words, in English.")
	}
	return strings.Join(notes, " ")
}

// foodSource names where the foods are from, as USDA wishes to be cited.
func (c *Catalog) foodSource() string {
	s := "U.S. Department of Agriculture, FoodData Central, fdc.nal.usda.gov"
	if newest := c.options.Foods.Made().Newest; newest != "" {
		s += ", published up to " + newest
	}
	return s
}

func (a searchFoodAnswer) text() string {
	lines := []string{fmt.Sprintf("%s, page %d of %d", human.Plural(a.Total, "food"), a.Page, a.Pages)}
	for _, f := range a.Foods {
		line := f.foodName.text()
		if f.PerGrams != nil {
			line += ": " + plain(*f.PerGrams) + " kcal in 100 g"
		}
		if f.PerML != nil {
			line += ": " + plain(*f.PerML) + " kcal in 100 ml"
		}
		lines = append(lines, line)
	}
	if a.Note != "" {
		lines = append(lines, a.Note)
	}
	return strings.Join(append(lines, a.Source), "\n")
}
