package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

func (c *Catalog) calculateDailyNutrition() tool {
	return declare(c, spec{
		name:  "calculate_daily_nutrition",
		title: "Daily energy and nutrients",
		doc: "Energy, protein, carbohydrate and fat of a day. " +
			"What is not given is taken from the profile, and the energy of training from the recordings of the last four weeks; activity_level is for athletes without any.",
	}, c.dailyNutrition)
}

type dailyArgs struct {
	Weight *float64              `json:"weight_kg,omitempty" jsonschema:"Default: as measured, or of the profile." brief:"-" limits:"25,300"`
	Height *float64              `json:"height_cm,omitempty" jsonschema:"Default: of the profile." brief:"-" limits:"100,250"`
	Age    *float64              `json:"age,omitempty" jsonschema:"In years. Default: of the profile." brief:"-" limits:"10,100"`
	Sex    pierre.Sex            `json:"gender,omitempty" jsonschema:"Sex, by which the formula differs. Default: of the profile." brief:"-"`
	Level  fitness.ActivityLevel `json:"activity_level,omitempty" jsonschema:"How active the days are, training included, in place of what was recorded." brief:"-"`
	Goal   fitness.NutritionGoal `json:"training_goal,omitempty" jsonschema:"What the athlete eats for." brief:"" default:"maintenance"`
}

type dailyAnswer struct {
	Resting value    `json:"bmr_kcal" jsonschema:"energy at rest"`
	Used    value    `json:"tdee_kcal" jsonschema:"energy used in a day, training included"`
	Target  *float64 `json:"target_kcal,omitempty" jsonschema:"energy to eat for the goal"`
	Protein nutrient `json:"protein_g"`
	Carbs   nutrient `json:"carbs_g"`
	Fat     nutrient `json:"fat_g"`
	Notes   []string `json:"notes"`
}

// A nutrient is how much of one to eat in a day.
type nutrient struct {
	Least        *float64 `json:"least,omitempty" jsonschema:"of the published range"`
	Most         *float64 `json:"most,omitempty"`
	Target       *float64 `json:"target,omitempty" jsonschema:"that fits the energy"`
	Percent      *float64 `json:"energy_percent,omitempty" jsonschema:"of the target"`
	Method       string   `json:"method,omitempty"`
	NotAvailable string   `json:"not_available,omitempty"`
}

// A person is whom nutrients are computed for: what the call said, else what is known.
type person struct {
	weight, height, age input
	sex                 pierre.Sex
	missing             []training.Need
}

func (c *Catalog) person(ctx context.Context, user pierre.UserID, weight, height, age *float64, sex pierre.Sex) (person, error) {
	p, err := c.data.Profile(ctx, user)
	if err != nil {
		return person{}, err
	}
	if age == nil && p.BirthYear != nil {
		age = new(float64(c.now().Year() - *p.BirthYear))
	}
	if sex == "" {
		sex = p.Sex
	}
	if height == nil {
		height = p.HeightCm
	}
	who := person{sex: sex}
	if who.weight = who.take("weight_kg", "the body weight", weight); weight == nil {
		known, err := c.training.BodyWeight(ctx, user)
		if err != nil {
			return person{}, err
		}
		if known.Value != nil {
			who.weight, who.missing = viewInputs([]training.Input{known})[0], nil
		}
	}
	who.height = who.take("height_cm", "the height", height)
	who.age = who.take("birth_year", "the age", age)
	if who.age.Name = "age"; sex == "" {
		who.missing = append(who.missing, training.Need{What: "the sex", Field: "sex"})
	}
	return who, nil
}

func (p *person) take(field, what string, given *float64) input {
	if given == nil {
		p.missing = append(p.missing, training.Need{What: what, Field: field})
	}
	return input{Name: field, Value: given, Source: training.User}
}

// trainingDays are the days whose training counts.
const trainingDays = 28

// A trained is the training of some days up to today.
type trained struct {
	days       int
	activities int
	measured   int     // of them, that have an energy
	hours      float64 // a day
	kcal       float64 // a day, of those that have one, taken for all
}

// trained adds up the last days, at most so many, and at least a week.
func (c *Catalog) trained(ctx context.Context, user pierre.UserID, most int) (trained, error) {
	clock, err := c.training.Clock(ctx, user)
	if err != nil {
		return trained{}, err
	}
	began, err := c.data.FirstActivityDay(ctx, user, pierre.ActivityQuery{Days: pierre.LocalDays{Zone: clock.Zone}})
	if err != nil {
		return trained{}, err
	}
	today, days := clock.Today(), most
	if known := int(today.Sub(began).Hours()/24) + 1; began.IsZero() || known < days {
		days = known
	}
	if began.IsZero() || days < 7 {
		return trained{}, nil
	}
	sums, err := c.data.SumActivities(ctx, user, pierre.ActivityQuery{Days: pierre.LocalDays{From: today.AddDate(0, 0, 1-days), To: today, Zone: clock.Zone}})
	if err != nil {
		return trained{}, err
	}
	var all pierre.ActivitySum
	for _, s := range sums {
		all.Add(s)
	}
	t := trained{days: days, activities: all.Activities}
	if s := all.DurationSeconds; s != nil {
		t.hours = *s / 3600 / float64(days)
	}
	for n, total := range all.Sums() {
		if total.Name == "calories_kcal" && *total.Value != nil && n < len(all.Recorded) {
			t.measured = all.Recorded[n]
			t.kcal = **total.Value / float64(days) * float64(t.activities) / float64(max(1, t.measured))
		}
	}
	return t, nil
}

func (c *Catalog) dailyNutrition(ctx context.Context, user pierre.UserID, args dailyArgs) (dailyAnswer, error) {
	who, err := c.person(ctx, user, args.Weight, args.Height, args.Age, args.Sex)
	if err != nil {
		return dailyAnswer{}, err
	}
	days, err := c.trained(ctx, user, trainingDays)
	if err != nil {
		return dailyAnswer{}, err
	}
	if args.Goal == "" {
		args.Goal = fitness.MaintainWeight
	}
	a := dailyAnswer{Notes: []string{"For healthy adults. Ranges are published; the targets in them are one way to meet them."}}
	if len(who.missing) > 0 {
		a.Resting.NotAvailable = notAvailable(&training.MissingError{Needs: who.missing})
	} else {
		a.Resting = shown(fitness.RestingEnergy(*who.weight.Value, *who.height.Value, *who.age.Value, fitness.Sex(who.sex)))
		a.Resting.Inputs = []input{who.weight, who.height, who.age, {Name: "sex", Text: string(who.sex), Source: training.User}}
	}
	a.Used = days.used(a.Resting, args.Level)
	addNutrients(&a, who, days, args)
	return a, nil
}

// shown makes a value of a result, to whole units.
func shown(r fitness.Result, err error) value {
	if err != nil {
		return value{evidence: evidence{NotAvailable: notAvailable(err)}}
	}
	return value{Value: rounded(r.Value, 0), evidence: evidence{Method: string(r.Method), Note: r.Note}}
}

// used is the energy of a day: by what was recorded, or by how active the days are said to be.
func (t trained) used(resting value, level fitness.ActivityLevel) value {
	switch {
	case resting.Value == nil:
		return value{evidence: evidence{NotAvailable: resting.NotAvailable}}
	case level != "":
		v := shown(fitness.DailyEnergyByLevel(*resting.Value, level))
		v.Inputs = []input{{Name: "activity_level", Text: string(level), Source: training.User}}
		v.Note = "training is in it: do not add its energy"
		return v
	case t.days == 0 || 2*t.measured < t.activities:
		return value{evidence: evidence{NotAvailable: "not available because the last four weeks have too few activities with an energy; give activity_level"}}
	}
	v := shown(fitness.DailyEnergy(*resting.Value, t.hours, t.kcal))
	v.Inputs = []input{
		{Name: "training_hours_per_day", Value: rounded(t.hours, 2), Source: training.Recorded, Note: fmt.Sprintf("of the last %d days", t.days)},
		{Name: "training_kcal_per_day", Value: rounded(t.kcal, 0), Source: training.Recorded, Note: fmt.Sprintf("by devices, of %d of %d activities", t.measured, t.activities)},
	}
	return v
}

// levelHours are the hours of training a day that a level stands for, where nothing was recorded (own rule).
func levelHours(level fitness.ActivityLevel) float64 {
	return map[fitness.ActivityLevel]float64{fitness.LightlyActive: 0.25, fitness.ModeratelyActive: 1, fitness.VeryActive: 2, fitness.ExtraActive: 4}[level]
}

// addNutrients fills what goes by the weight, and by the energy.
func addNutrients(a *dailyAnswer, who person, days trained, args dailyArgs) {
	if who.weight.Value == nil {
		why := notAvailable(&training.MissingError{Needs: []training.Need{{What: "the body weight", Field: "weight_kg"}}})
		a.Protein.NotAvailable, a.Carbs.NotAvailable, a.Fat.NotAvailable = why, why, why
		return
	}
	weight := *who.weight.Value
	low, high, m := args.Goal.ProteinPerKg()
	a.Protein = grams(low*weight, high*weight, m)
	a.Protein.Target = rounded((low+high)/2*weight, 0)
	hours := days.hours
	switch {
	case args.Level != "":
		hours = levelHours(args.Level)
	case days.days == 0:
		a.Carbs.NotAvailable = "not available because less than a week of history is known; give activity_level"
	}
	if a.Carbs.NotAvailable == "" {
		low, high = fitness.CarbohydratePerKg(hours)
		a.Carbs = grams(low*weight, high*weight, fitness.MethodCarbohydrate)
	}
	if a.Used.Value == nil {
		a.Fat.NotAvailable = a.Used.NotAvailable
		return
	}
	kcal := *a.Used.Value + args.Goal.EnergyChange()
	if kcal < *a.Resting.Value {
		kcal = *a.Resting.Value
		a.Notes = append(a.Notes, "To lose weight faster, less than the energy at rest would be left; that is not advised.")
	}
	a.Target = rounded(kcal, 0)
	a.Fat = grams(fitness.LeastFat*kcal/fitness.KcalPerGramFat, fitness.MostFat*kcal/fitness.KcalPerGramFat, fitness.MethodFat)
	shareEnergy(a, kcal)
	if change := args.Goal.EnergyChange(); change != 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("The target is %s kcal from what is used (%s).", signed(change, 0), fitness.MethodEnergyChange))
	}
}

// grams is a range.
func grams(low, high float64, m fitness.Method) nutrient {
	return nutrient{Least: rounded(low, 0), Most: rounded(high, 0), Method: string(m)}
}

// shareEnergy divides the energy: protein as computed, fat in the middle of its range, carbohydrate the rest. Fat gives way, within its
// range, to bring carbohydrate into its own.
func shareEnergy(a *dailyAnswer, kcal float64) {
	rest := kcal - fitness.KcalPerGramProtein**a.Protein.Target
	fat := (fitness.LeastFat + fitness.MostFat) / 2 * kcal
	if a.Carbs.Least != nil {
		least, most := fitness.KcalPerGramCarbohydrate**a.Carbs.Least, fitness.KcalPerGramCarbohydrate**a.Carbs.Most
		fat = min(max(fat, rest-most), rest-least)
		fat = min(max(fat, fitness.LeastFat*kcal), fitness.MostFat*kcal)
		if carbs := rest - fat; carbs < least-1 || carbs > most+1 {
			a.Notes = append(a.Notes, "The carbohydrate that fits this energy is outside of the range for so much training.")
		}
	}
	carbs := max(0, rest-fat)
	a.Carbs.Target, a.Fat.Target = rounded(carbs/fitness.KcalPerGramCarbohydrate, 0), rounded(fat/fitness.KcalPerGramFat, 0)
	a.Protein.Percent = rounded(100*fitness.KcalPerGramProtein**a.Protein.Target/kcal, 0)
	a.Carbs.Percent, a.Fat.Percent = rounded(100*carbs/kcal, 0), rounded(100*fat/kcal, 0)
}

func (a dailyAnswer) text() string {
	lines := []string{a.Resting.text("energy at rest (kcal)"), a.Used.text("energy used in a day (kcal)")}
	if a.Target != nil {
		lines = append(lines, "energy to eat: "+plain(*a.Target)+" kcal")
	}
	lines = append(lines, a.Protein.line("protein"), a.Carbs.line("carbohydrate"), a.Fat.line("fat"))
	return strings.Join(append(lines, a.Notes...), "\n")
}

func (n nutrient) line(name string) string {
	var parts []string
	if n.Target != nil {
		parts = append(parts, plain(*n.Target)+" g")
		if n.Percent != nil {
			parts[0] += " (" + plain(*n.Percent) + " % of the energy)"
		}
	}
	switch {
	case n.Least != nil && n.Most != nil && *n.Most > 0:
		parts = append(parts, fmt.Sprintf("%s to %s g [%s]", plain(*n.Least), plain(*n.Most), n.Method))
	case n.Least != nil:
		parts = append(parts, "none needed ["+n.Method+"]")
	case n.NotAvailable != "":
		parts = append(parts, n.NotAvailable)
	}
	return name + ": " + strings.Join(parts, ", range ")
}
