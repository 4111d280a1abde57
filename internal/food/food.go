// Package food knows what foods consist of: their nutrients per 100 g, the energy of these, and a file of many foods that is
// searched by words. Who makes such a file hands foods to a [Builder]; package usda reads them from FoodData Central.
//
// The file is SQLite, is written once and only read afterwards, and has nothing of any user in it.
package food

import "slices"

// An ID is a food's number in FoodData Central, for good.
type ID int64

// A Kind is which part of FoodData Central a food is of.
type Kind string

// The kinds, by FoodData Central's names.
const (
	Foundation Kind = "Foundation"     // analysed foods, the newest values
	Legacy     Kind = "SR Legacy"      // the Standard Reference, up to 2018
	Survey     Kind = "Survey (FNDDS)" // foods as eaten, computed from recipes
	Branded    Kind = "Branded"        // products, by their labels
)

// Kinds lists the kinds, in the order of their numbers in a file.
func Kinds() []Kind { return []Kind{Foundation, Legacy, Survey, Branded} }

// number is a kind's number in a file.
func (k Kind) number() int { return slices.Index(Kinds(), k) }

// A Food is what is known of one.
type Food struct {
	ID          ID
	Kind        Kind
	Description string
	Brand       string   // "": none
	Category    string   // "": not known
	Published   string   // a date such as 2024-04-18, "": not known
	Liquid      bool     // amounts are of 100 ml and portions in ml, else of 100 g and in g
	Amounts     []Amount // what is not among them is not known
	Portions    []Portion
}

// A Portion is a usual quantity of a food.
type Portion struct {
	Name   string  // such as "1 cup, sliced"
	Amount float64 // in g, or ml of what is liquid
}

// An Amount is how much of a nutrient 100 g of a food have, or 100 ml.
type Amount struct {
	Nutrient NutrientID
	Value    float64 // in the nutrient's unit
	Source   Source
}

// A Source is how a value came about.
type Source string

// The sources.
const (
	Analysed   Source = "analysed"
	Calculated Source = "calculated" // or imputed, of other foods or recipes
	Labelled   Source = "label"      // as the producer states it
	NotStated  Source = ""
)

func sources() []Source { return []Source{NotStated, Analysed, Calculated, Labelled} }

// Amount returns how much of a nutrient 100 g or ml have, and whether that is known.
func (f Food) Amount(n NutrientID) (float64, bool) {
	for _, a := range f.Amounts {
		if a.Nutrient == n {
			return a.Value, true
		}
	}
	return 0, false
}

// kJ of a kcal (thermochemical calorie), by which FoodData Central converts.
const kilojoules = 4.184

// Energy returns the kcal of 100 g or ml, the basis of that if it is not simply stated, and whether it is known. Foundation foods state
// energy by Atwater's factors: by those of the kind of food if there are any, else by the general ones. Few foods state kJ alone.
func (f Food) Energy() (kcal float64, basis string, ok bool) {
	if kcal, ok = f.Amount(Energy); ok {
		return kcal, "", true
	}
	if kcal, ok = f.Amount(energySpecific); ok {
		return kcal, "Atwater specific factors", true
	}
	if kcal, ok = f.Amount(energyGeneral); ok {
		return kcal, "Atwater general factors", true
	}
	kcal, ok = f.Amount(energyKilojoules)
	return kcal / kilojoules, "kJ / 4.184", ok
}

// IsEnergy reports whether a nutrient is the energy, in whatever form: what there is of that [Food.Energy] returns.
func (n NutrientID) IsEnergy() bool {
	return n == Energy || n == energySpecific || n == energyGeneral || n == energyKilojoules
}
