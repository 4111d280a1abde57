package usda

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/food"
)

const foodTable = "food.csv"

// tables are the names of those that are read.
func tables() []string {
	return []string{
		foodTable, "food_nutrient.csv", "food_nutrient_derivation.csv", "food_portion.csv", "branded_food.csv", "nutrient.csv", "measure_unit.csv",
		"food_category.csv", "wweia_food_category.csv",
	}
}

// tableKinds are the kinds of foods by food.csv, which has samples and acquisitions, too.
var tableKinds = map[string]food.Kind{ //nolint:gochecknoglobals // it never changes
	"foundation_food": food.Foundation, "sr_legacy_food": food.Legacy, "survey_fndds_food": food.Survey, "branded_food": food.Branded,
}

// mostNames is how many rows a table of names may have: there are hundreds.
const mostNames = 20_000

// A row is one of a table, by the columns that were asked for.
type row struct {
	fields []string
	at     []int
}

func (r row) text(n int) string {
	if r.at[n] < 0 {
		return ""
	}
	return r.fields[r.at[n]]
}

// id returns a column's number, 0 if there is none.
func (r row) id(n int) int64 {
	id, err := strconv.ParseInt(r.text(n), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// number returns a column's number, NaN if there is none.
func (r row) number(n int) float64 {
	v, err := strconv.ParseFloat(r.text(n), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// each hands the rows of a table to take, with columns, of which it must have the first so many.
func (im *imports) each(ctx context.Context, e entry, must int, columns []string, take func(row) error) error {
	w, file, err := im.open(ctx, e)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	src, err := skipMark(w)
	if err != nil {
		return err
	}
	r := csv.NewReader(src)
	r.ReuseRecord = true
	r.FieldsPerRecord = 0 // as many as the first
	head, err := r.Read()
	if err != nil {
		return cutOff(err, w.read)
	}
	one := row{at: make([]int, len(columns))}
	for n, column := range columns {
		one.at[n] = -1
		for i, name := range head {
			if name == column {
				one.at[n] = i
			}
		}
		if one.at[n] < 0 && n < must {
			return fmt.Errorf("it has no column %s", column)
		}
	}
	for {
		w.next(r.InputOffset())
		if one.fields, err = r.Read(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(one)
		}
		if err != nil {
			return cutOff(err, w.read)
		}
	}
}

// names reads a small table of names by numbers. A table that is missing has none.
func (im *imports) names(ctx context.Context, all map[string]entry, file, value string) (map[int64]string, error) {
	names := map[int64]string{}
	e, ok := all[file]
	if !ok {
		return names, nil
	}
	key := "id"
	if file == "wweia_food_category.csv" {
		key = "wweia_food_category"
	}
	err := im.each(ctx, e, 2, []string{key, value}, func(r row) error {
		if len(names) == mostNames {
			return fmt.Errorf("it has more than %d rows", mostNames)
		}
		names[r.id(0)] = r.text(1)
		return nil
	})
	return names, inTable(file, err)
}

func inTable(file string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// A joined is what tables say by numbers.
type joined struct {
	units, derivations, measures, categories, surveyCategories map[int64]string
}

// tables reads the tables of a folder: first what they say of foods, into a scratch file, then the foods.
func (im *imports) tables(ctx context.Context, all map[string]entry) (err error) {
	if _, ok := all["food_nutrient.csv"]; !ok {
		return errors.New("it has no food_nutrient.csv, the values of its foods")
	}
	j := joined{}
	for _, t := range []struct {
		into        *map[int64]string
		file, value string
	}{
		{&j.units, "nutrient.csv", "unit_name"},
		{&j.derivations, "food_nutrient_derivation.csv", "code"},
		{&j.measures, "measure_unit.csv", "name"},
		{&j.categories, "food_category.csv", "description"},
		{&j.surveyCategories, "wweia_food_category.csv", "wweia_food_category_description"},
	} {
		if *t.into, err = im.names(ctx, all, t.file, t.value); err != nil {
			return err
		}
	}
	s, err := newScratch(ctx, im.builder.Folder(), im.memory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, t := range []struct {
		file string
		read func(context.Context, entry, *scratch, joined) error
	}{{"food_nutrient.csv", im.nutrients}, {"food_portion.csv", im.portions}, {"branded_food.csv", im.brands}} {
		if e, ok := all[t.file]; ok {
			if err := t.read(ctx, e, s, j); err != nil {
				return inTable(t.file, err)
			}
		}
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	return inTable(foodTable, im.foods(ctx, all[foodTable], s, j))
}

// nutrients reads the values. In FNDDS' tables nutrient_id has been the older number, which is below 1000 where an ID never is.
func (im *imports) nutrients(ctx context.Context, e entry, s *scratch, j joined) error {
	return im.each(ctx, e, 3, []string{"fdc_id", "nutrient_id", "amount", "derivation_id"}, func(r row) error {
		id := r.id(1)
		if id < 1000 {
			id = int64(im.table.ID(r.text(1)))
		}
		v := r.number(2)
		if id <= 0 || id > math.MaxUint16 || math.IsNaN(v) || !im.table.Keeps(food.NutrientID(id)) {
			return nil
		}
		return im.tick(s.add(ctx, r.id(0), nutrientPart(food.NutrientID(id), v, j.derivations[r.id(3)])))
	})
}

func (im *imports) portions(ctx context.Context, e entry, s *scratch, j joined) error {
	return im.each(ctx, e, 2, []string{"fdc_id", "gram_weight", "amount", "measure_unit_id", "portion_description", "modifier"}, func(r row) error {
		p := jsonPortion{Description: r.text(4), Modifier: r.text(5), Grams: r.number(1), Amount: r.number(2)}
		p.Unit.Name = j.measures[r.id(3)]
		list := appendPortion(nil, p)
		if len(list) == 0 || math.IsNaN(p.Grams) {
			return nil
		}
		return im.tick(s.add(ctx, r.id(0), portionPart(list[0])))
	})
}

func (im *imports) brands(ctx context.Context, e entry, s *scratch, _ joined) error {
	columns := []string{"fdc_id", "brand_owner", "brand_name", "branded_food_category", "serving_size", "serving_size_unit", "household_serving_fulltext", "gtin_upc"}
	return im.each(ctx, e, 2, columns, func(r row) error {
		l := label{Owner: r.text(1), Brand: r.text(2), Category: r.text(3), Serving: r.number(4), Unit: r.text(5), Household: r.text(6)}
		if err := s.version(ctx, r.text(7), r.id(0)); err != nil {
			return err
		}
		return im.tick(s.add(ctx, r.id(0), labelPart(l)))
	})
}

// tick tells of the progress of what is no food, from time to time.
func (im *imports) tick(err error) error {
	if im.now.Bytes-im.told > 1<<22 {
		im.told = im.now.Bytes
		im.progress(im.now)
	}
	return err
}

// foods reads the foods, each with what the scratch file has of it.
func (im *imports) foods(ctx context.Context, e entry, s *scratch, j joined) error {
	return im.each(ctx, e, 3, []string{"fdc_id", "data_type", "description", "food_category_id", "publication_date"}, func(r row) error {
		kind, ok := tableKinds[r.text(1)]
		if !ok {
			return nil
		}
		f := food.Food{ID: food.ID(r.id(0)), Kind: kind, Description: r.text(2), Published: dateOf(r.text(4)), Category: r.text(3)}
		if number := r.id(3); number > 0 { // products state it in words
			f.Category = j.categories[number]
			if kind == food.Survey {
				f.Category = j.surveyCategories[number]
			}
		}
		newer, err := s.superseded(ctx, f)
		if err != nil {
			return err
		}
		if newer {
			im.report.Twice++
			return nil
		}
		if err := s.parts(ctx, &f, im, j); err != nil {
			return err
		}
		return im.add(ctx, f)
	})
}
