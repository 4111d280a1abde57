package food

import "strings"

// A NutrientID is a nutrient's number in FoodData Central (nutrient.id).
type NutrientID uint16

// A Unit is one of mass or of energy.
type Unit string

// The units.
const (
	Gram      Unit = "g"
	Milligram Unit = "mg"
	Microgram Unit = "µg"
	IU        Unit = "IU" // international units, whose mass differs by nutrient and form
	Kcal      Unit = "kcal"
	Kilojoule Unit = "kJ"
)

// The nutrients that are computed with.
const (
	Protein      NutrientID = 1003
	Fat          NutrientID = 1004
	Carbohydrate NutrientID = 1005
	Energy       NutrientID = 1008
	Alcohol      NutrientID = 1018
	Fiber        NutrientID = 1079
	Calcium      NutrientID = 1087
	Iron         NutrientID = 1089
	Potassium    NutrientID = 1092
	Sodium       NutrientID = 1093
	Saturated    NutrientID = 1258
	Sugars       NutrientID = 2000

	energyKilojoules NutrientID = 1062
	energyGeneral    NutrientID = 2047
	energySpecific   NutrientID = 2048
	fatNLEA          NutrientID = 1085
	sugarsSummed     NutrientID = 1063
	fiberAOAC        NutrientID = 2033
	vitaminDIU       NutrientID = 1110
	vitaminD         NutrientID = 1114
)

// A Nutrient is what is kept of foods.
type Nutrient struct {
	ID     NutrientID
	Number string // by which older files know it (nutrient.nutrient_nbr)
	Name   string
	Unit   Unit
}

// Nutrients lists what is kept, in the order in which it is shown. Of fatty and amino acids there are those that athletes ask for.
func Nutrients() []Nutrient {
	return []Nutrient{
		{Energy, "208", "Energy", Kcal},
		{energySpecific, "958", "Energy (Atwater specific factors)", Kcal},
		{energyGeneral, "957", "Energy (Atwater general factors)", Kcal},
		{energyKilojoules, "268", "Energy", Kilojoule},
		{Protein, "203", "Protein", Gram},
		{Fat, "204", "Fat", Gram},
		{Saturated, "606", "Saturated fat", Gram},
		{1292, "645", "Monounsaturated fat", Gram},
		{1293, "646", "Polyunsaturated fat", Gram},
		{1257, "605", "Trans fat", Gram},
		{1404, "851", "Omega-3 ALA (18:3)", Gram},
		{1278, "629", "Omega-3 EPA (20:5)", Gram},
		{1272, "621", "Omega-3 DHA (22:6)", Gram},
		{1253, "601", "Cholesterol", Milligram},
		{Carbohydrate, "205", "Carbohydrate", Gram},
		{Sugars, "269", "Sugars", Gram},
		{1235, "539", "Added sugars", Gram},
		{1010, "210", "Sucrose", Gram},
		{1011, "211", "Glucose", Gram},
		{1012, "212", "Fructose", Gram},
		{1013, "213", "Lactose", Gram},
		{1009, "209", "Starch", Gram},
		{Fiber, "291", "Fibre", Gram},
		{Alcohol, "221", "Alcohol", Gram},
		{1051, "255", "Water", Gram},
		{1057, "262", "Caffeine", Milligram},
		{Sodium, "307", "Sodium", Milligram},
		{Potassium, "306", "Potassium", Milligram},
		{Calcium, "301", "Calcium", Milligram},
		{1090, "304", "Magnesium", Milligram},
		{1091, "305", "Phosphorus", Milligram},
		{Iron, "303", "Iron", Milligram},
		{1095, "309", "Zinc", Milligram},
		{1098, "312", "Copper", Milligram},
		{1101, "315", "Manganese", Milligram},
		{1103, "317", "Selenium", Microgram},
		{1100, "314", "Iodine", Microgram},
		{1106, "320", "Vitamin A (RAE)", Microgram},
		{1104, "318", "Vitamin A", IU}, // its mass differs by form
		{1165, "404", "Thiamin (B1)", Milligram},
		{1166, "405", "Riboflavin (B2)", Milligram},
		{1167, "406", "Niacin (B3)", Milligram},
		{1170, "410", "Pantothenic acid (B5)", Milligram},
		{1175, "415", "Vitamin B6", Milligram},
		{1176, "416", "Biotin (B7)", Microgram},
		{1190, "435", "Folate (DFE)", Microgram},
		{1177, "417", "Folate, total", Microgram},
		{1178, "418", "Vitamin B12", Microgram},
		{1180, "421", "Choline", Milligram},
		{1162, "401", "Vitamin C", Milligram},
		{vitaminD, "328", "Vitamin D", Microgram},
		{1109, "323", "Vitamin E", Milligram},
		{1185, "430", "Vitamin K", Microgram},
		{1213, "504", "Leucine", Gram},
		{1212, "503", "Isoleucine", Gram},
		{1219, "510", "Valine", Gram},
		{1214, "505", "Lysine", Gram},
	}
}

// instead are nutrients that stand for a kept one where a food does not state it: the same thing, measured or defined otherwise.
func instead() []Nutrient {
	return []Nutrient{
		{fatNLEA, "298", "", Gram},
		{sugarsSummed, "269.3", "", Gram},
		{fiberAOAC, "293", "", Gram},
		{vitaminDIU, "324", "", IU},
	}
}

// A reading is how a nutrient of a file is kept.
type reading struct {
	as     NutrientID
	unit   Unit
	factor float64 // from the unit to the kept one's
	first  bool    // it is the kept one itself
}

// A Table tells how nutrients of files are kept.
type Table struct {
	byID     map[NutrientID]reading
	byNumber map[string]NutrientID
}

// NewTable returns the table of [Nutrients].
func NewTable() *Table {
	t := &Table{map[NutrientID]reading{}, map[string]NutrientID{}}
	for _, n := range Nutrients() {
		t.byID[n.ID] = reading{n.ID, n.Unit, 1, true}
		t.byNumber[n.Number] = n.ID
	}
	for _, n := range instead() {
		t.byNumber[n.Number] = n.ID
		t.byID[n.ID] = reading{map[NutrientID]NutrientID{fatNLEA: Fat, sugarsSummed: Sugars, fiberAOAC: Fiber, vitaminDIU: vitaminD}[n.ID], n.Unit, 1, false}
	}
	inIU := t.byID[vitaminDIU]
	inIU.factor = 0.025 // 1 µg of vitamin D are 40 IU
	t.byID[vitaminDIU] = inIU
	return t
}

// ID returns the nutrient of a number such as "208", 0 if it is not kept.
func (t *Table) ID(number string) NutrientID { return t.byNumber[number] }

// Keeps reports whether anything is kept of a nutrient.
func (t *Table) Keeps(n NutrientID) bool { return t.byID[n].as != 0 }

const (
	mostEnergy = 950  // kcal of 100 g: fat has 902
	mostMass   = 105. // g of 100 g, with what rounding adds
)

// Take adds a value of a file to amounts, in the unit of the file, "" being the usual one. What nothing is kept of is left out; so is,
// and reported as such, what cannot be: less than nothing, more than all, or in a unit that is none of the nutrient's.
func (t *Table) Take(amounts []Amount, n NutrientID, value float64, unit string, s Source) (all []Amount, possible bool) {
	r, ok := t.byID[n]
	if !ok {
		return amounts, true
	}
	factor, ok := convert(unit, r.unit)
	if v := value * factor * r.factor; ok && plausible(v, r) {
		return keep(amounts, Amount{r.as, v, s}, r.first), true
	}
	return amounts, false
}

// keep adds an amount, unless the food has it. The kept nutrient itself takes the place of what stands for it.
func keep(amounts []Amount, a Amount, first bool) []Amount {
	for i := range amounts {
		if amounts[i].Nutrient == a.Nutrient {
			if first {
				amounts[i] = a
			}
			return amounts
		}
	}
	return append(amounts, a)
}

func plausible(v float64, r reading) bool {
	switch r.unit {
	case Kcal:
		return v >= 0 && v <= mostEnergy
	case Kilojoule:
		return v >= 0 && v <= mostEnergy*kilojoules
	case IU:
		return v >= 0 && v <= 1e7
	default:
		factor, _ := convert(string(r.unit), Gram)
		return v >= 0 && v*factor <= mostMass
	}
}

// convert returns by what a value in one unit is multiplied for another one, and whether there is such a number.
func convert(from string, to Unit) (float64, bool) {
	mass := map[string]float64{"g": 1e6, "mg": 1e3, "µg": 1, "μg": 1, "ug": 1, "mcg": 1} // micro sign and Greek letter
	from = strings.ToLower(from)
	if from == "" || from == strings.ToLower(string(to)) {
		return 1, true
	}
	a, b := mass[from], mass[string(to)]
	if a == 0 || b == 0 {
		return 0, false
	}
	return a / b, true
}
