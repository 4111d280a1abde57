package serverdoctor

import (
	"context"
	"fmt"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/human"
)

// oldFoods is the age from which on a file of foods is old: FoodData Central publishes twice a year.
const oldFoods = 400 * day

// foods checks the file of foods.
func (x *examination) foods(ctx context.Context) {
	if x.FoodFile == "" {
		x.skip("foods", "there is no file of foods (--food-file)")
		return
	}
	const fix = "get the current files at https://fdc.nal.usda.gov/download-datasets, and pierre-mcp-server food import them"
	f, err := food.Open(ctx, x.FoodFile)
	if err != nil {
		x.fail("foods", finding{fmt.Sprintf("%s cannot be read: %s.", x.FoodFile, err), "The server does not start.", fix})
		return
	}
	made := f.Made()
	if err := f.Close(); err != nil {
		x.fail("foods", finding{fmt.Sprintf("%s cannot be read: %s.", x.FoodFile, err), "Foods are not found.", fix})
		return
	}
	newest := ""
	if made.Newest != "" {
		newest = ", published up to " + made.Newest
	}
	if age := x.now().Sub(made.At); age > oldFoods {
		x.warn("foods", finding{fmt.Sprintf("The file is %s old%s.", human.Duration(age), newest), "FoodData Central corrects and adds foods twice a year.", fix})
		return
	}
	x.ok("foods", "%s%s, imported on %s", human.Plural(made.Foods(), "food"), newest, made.At.Format("2 January 2006"))
}
