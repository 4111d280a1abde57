package usda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/food"
)

// lists are the names of the lists of foods in FoodData Central's documents.
var lists = map[string]food.Kind{ //nolint:gochecknoglobals // it never changes
	"FoundationFoods": food.Foundation, "SRLegacyFoods": food.Legacy, "SurveyFoods": food.Survey, "BrandedFoods": food.Branded,
}

// A jsonFood is a food of a document.
type jsonFood struct {
	ID          int64          `json:"fdcId"`
	DataType    string         `json:"dataType"`
	Description string         `json:"description"`
	Published   string         `json:"publicationDate"`
	Nutrients   []jsonNutrient `json:"foodNutrients"`
	Portions    []jsonPortion  `json:"foodPortions"`
	Category    struct {
		Description string `json:"description"`
	} `json:"foodCategory"`
	SurveyCategory struct {
		Description string `json:"wweiaFoodCategoryDescription"`
	} `json:"wweiaFoodCategory"`
	label
}

// A label is what a product says of itself.
type label struct {
	Owner     string  `json:"brandOwner"`
	Brand     string  `json:"brandName"`
	Category  string  `json:"brandedFoodCategory"`
	Serving   float64 `json:"servingSize"`
	Unit      string  `json:"servingSizeUnit"`
	Household string  `json:"householdServingFullText"`
}

type jsonNutrient struct {
	Nutrient struct {
		ID     int64  `json:"id"`
		Number string `json:"number"`
		Unit   string `json:"unitName"`
	} `json:"nutrient"`
	Amount     *float64 `json:"amount"`
	Derivation struct {
		Code string `json:"code"`
	} `json:"foodNutrientDerivation"`
}

type jsonPortion struct {
	Amount      float64 `json:"amount"`
	Description string  `json:"portionDescription"`
	Modifier    string  `json:"modifier"`
	Grams       float64 `json:"gramWeight"`
	Unit        struct {
		Name string `json:"name"`
	} `json:"measureUnit"`
}

// document reads a JSON document, whose lists of foods may have any length.
func (im *imports) document(ctx context.Context, e entry) error {
	w, file, err := im.open(ctx, e)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	r, err := skipMark(w)
	if err != nil {
		return err
	}
	d := &document{im, w, json.NewDecoder(r)}
	err = cutOff(d.read(ctx), d.dec.InputOffset())
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is no JSON at byte %d: %w", e.Offset, e)
	}
	return err
}

// skipMark leaves out the mark that some programs write before UTF-8.
func skipMark(w *window) (io.Reader, error) {
	w.next(0)
	head := make([]byte, 3)
	n, err := io.ReadFull(w, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return io.MultiReader(bytes.NewReader(bytes.TrimPrefix(head[:n], []byte("\xEF\xBB\xBF"))), w), nil
}

type document struct {
	*imports

	window *window
	dec    *json.Decoder
}

// token reads the next token, of a bounded length.
func (d *document) token() (json.Token, error) {
	d.window.next(d.dec.InputOffset())
	return d.dec.Token()
}

func (d *document) read(ctx context.Context) error {
	start, err := d.token()
	if err != nil {
		return err
	}
	found := false
	for start == json.Delim('{') && d.dec.More() {
		name, err := d.token()
		if err != nil {
			return err
		}
		kind, ok := lists[fmt.Sprint(name)]
		if !ok {
			if err := d.skip(); err != nil {
				return err
			}
			continue
		}
		found = true
		if err := d.list(ctx, kind); err != nil {
			return err
		}
	}
	if !found {
		return errors.New("it has no list of foods, as FoodData Central's documents have")
	}
	_, err = d.token() // the end
	return err
}

// skip leaves out a value that is no list of foods.
func (d *document) skip() error {
	d.window.next(d.dec.InputOffset())
	var value json.RawMessage
	return d.dec.Decode(&value)
}

func (d *document) list(ctx context.Context, kind food.Kind) error {
	if start, err := d.token(); err != nil || start != json.Delim('[') {
		return errors.Join(err, errors.New("what should be a list of foods is none"))
	}
	for d.dec.More() {
		d.window.next(d.dec.InputOffset())
		var one jsonFood
		err := d.dec.Decode(&one)
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !ok { // of another type is what is not known
			return err
		}
		if err := d.add(ctx, d.food(one, kind)); err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

// food makes a food of one of a document.
func (d *document) food(one jsonFood, kind food.Kind) food.Food {
	f := food.Food{ID: food.ID(one.ID), Kind: kind, Description: one.Description, Published: dateOf(one.Published), Category: one.Category.Description}
	if f.Category == "" {
		f.Category = one.SurveyCategory.Description
	}
	for _, n := range one.Nutrients {
		id := d.table.ID(n.Nutrient.Number)
		if n.Nutrient.ID > 0 && n.Nutrient.ID <= math.MaxUint16 {
			id = food.NutrientID(n.Nutrient.ID)
		}
		if n.Amount != nil {
			f.Amounts = d.take(f.Amounts, id, *n.Amount, n.Nutrient.Unit, n.Derivation.Code)
		}
	}
	for _, p := range one.Portions {
		f.Portions = appendPortion(f.Portions, p)
	}
	one.label.onto(&f)
	return f
}

// take adds a nutrient's value, and counts it if it cannot be.
func (im *imports) take(amounts []food.Amount, id food.NutrientID, value float64, unit, derivation string) []food.Amount {
	amounts, possible := im.table.Take(amounts, id, value, unit, sourceOf(derivation))
	if !possible {
		im.report.Impossible++
	}
	return amounts
}

// sourceOf reads a code of food_nutrient_derivation: those that begin with A are of analyses, L and M of labels and producers.
func sourceOf(code string) food.Source {
	switch {
	case code == "":
		return food.NotStated
	case code[0] == 'A':
		return food.Analysed
	case code[0] == 'L' || code[0] == 'M':
		return food.Labelled
	}
	return food.Calculated
}

// onto adds what the label says: who makes it, and how much a serving is.
func (l label) onto(f *food.Food) {
	if f.Kind != food.Branded {
		return
	}
	f.Brand = l.Owner
	if l.Brand != "" && !strings.EqualFold(l.Brand, l.Owner) {
		f.Brand = strings.TrimSuffix(l.Brand+", "+l.Owner, ", ")
	}
	if l.Category != "" {
		f.Category = l.Category
	}
	unit := "g"
	switch strings.ToLower(l.Unit) {
	case "g", "grm", "gm":
	case "ml", "mlt":
		f.Liquid, unit = true, "ml"
	default: // such as mg of a powder, by which nothing is scaled
		return
	}
	if l.Serving > 0 {
		name := strings.TrimSpace(l.Household)
		if name == "" {
			name = "1 serving"
		}
		f.Portions = append(f.Portions, food.Portion{Name: fmt.Sprintf("%s (%s %s)", name, strconv.FormatFloat(l.Serving, 'f', -1, 64), unit), Amount: l.Serving})
	}
}

// appendPortion adds a portion. In FNDDS the description is all of its name and the modifier a code; in SR Legacy the modifier is the
// unit.
func appendPortion(portions []food.Portion, p jsonPortion) []food.Portion {
	name := strings.TrimSpace(p.Description)
	if strings.EqualFold(name, "Quantity not specified") {
		return portions
	}
	if name == "" {
		unit := p.Unit.Name
		if unit == "undetermined" {
			unit = ""
		}
		modifier := p.Modifier
		if _, err := strconv.Atoi(modifier); err == nil {
			modifier = ""
		}
		name = strings.TrimSpace(unit)
		if modifier != "" && name != "" {
			name += ", "
		}
		if name += strings.TrimSpace(modifier); name == "" {
			return portions
		}
		if p.Amount > 0 {
			name = strconv.FormatFloat(p.Amount, 'f', -1, 64) + " " + name
		}
	}
	return append(portions, food.Portion{Name: name, Amount: p.Grams})
}

// dateOf reads the dates of documents (4/1/2019) and tables (2019-04-01), "" being what is none.
func dateOf(text string) string {
	for _, layout := range []string{"1/2/2006", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1900 {
			return t.Format(time.DateOnly)
		}
	}
	return ""
}
