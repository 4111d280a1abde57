package fitness

// RestingEnergy returns the resting energy of a day in kcal, for an athlete of a weight in kg, a height in cm, an age in
// years and a sex. See [MethodMifflin].
func RestingEnergy(weightKg, heightCm, age float64, sex Sex) (Result, error) {
	if err := first(checkWeight(weightKg), within("height", heightCm, 100, 250, "cm"), within("age", age, minAge, maxAge, "years"), sex.check()); err != nil {
		return Result{}, err
	}
	kcal := 10*weightKg + 6.25*heightCm - 5*age + 5
	if sex == Female {
		kcal -= 166
	}
	return result(kcal, MethodMifflin, 0)
}

// An ActivityLevel says how active a person's days are, training included.
type ActivityLevel string

// The levels.
const (
	Sedentary        ActivityLevel = "sedentary"
	LightlyActive    ActivityLevel = "lightly_active"
	ModeratelyActive ActivityLevel = "moderately_active"
	VeryActive       ActivityLevel = "very_active"
	ExtraActive      ActivityLevel = "extra_active"
)

// ActivityLevels lists the levels, the least active first.
func ActivityLevels() []ActivityLevel {
	return []ActivityLevel{Sedentary, LightlyActive, ModeratelyActive, VeryActive, ExtraActive}
}

// DailyEnergyByLevel returns the energy of a day in kcal from that at rest and how active the days are. See [MethodActivityFactor].
func DailyEnergyByLevel(restingKcal float64, level ActivityLevel) (Result, error) {
	for n, l := range ActivityLevels() {
		if l == level {
			return result(restingKcal*[]float64{1.2, 1.375, 1.55, 1.725, 1.9}[n], MethodActivityFactor, 0)
		}
	}
	return Result{}, unavailable("it is not known how active the days are")
}

// everyday is the energy of a day without training against that at rest.
const everyday = 1.4

// DailyEnergy returns the energy of a day in kcal from that at rest and from what training takes: hours and kcal of a day in
// the mean, those at rest included. See [MethodMeasuredDay].
func DailyEnergy(restingKcal, hours, kcal float64) (Result, error) {
	if err := first(within("training of a day", hours, 0, 24, "h"), within("energy of training", kcal, 0, 20_000, "kcal")); err != nil {
		return Result{}, err
	}
	return result(everyday*restingKcal*(24-hours)/24+kcal, MethodMeasuredDay, 0)
}

// A NutritionGoal is what somebody eats for.
type NutritionGoal string

// The goals.
const (
	MaintainWeight NutritionGoal = "maintenance"
	LoseWeight     NutritionGoal = "weight_loss"
	GainMuscle     NutritionGoal = "muscle_gain"
	EndureLonger   NutritionGoal = "endurance_performance"
)

// NutritionGoals lists the goals.
func NutritionGoals() []NutritionGoal {
	return []NutritionGoal{MaintainWeight, LoseWeight, GainMuscle, EndureLonger}
}

// EnergyChange returns how much more, or below 0 less, than is used to eat in a day, in kcal. See [MethodEnergyChange].
func (g NutritionGoal) EnergyChange() float64 {
	switch g {
	case LoseWeight:
		return -400
	case GainMuscle:
		return 420
	default:
		return 0
	}
}

// ProteinPerKg returns the protein of a day in g per kg of body weight, and its source.
func (g NutritionGoal) ProteinPerKg() (low, high float64, m Method) {
	switch g {
	case LoseWeight:
		return 1.8, 2.7, MethodProteinLoss
	case GainMuscle:
		return 1.6, 2.2, MethodProteinGain
	default:
		return 1.4, 2, MethodProtein
	}
}

// CarbohydratePerKg returns the carbohydrate of a day in g per kg of body weight by the hours of training. The published
// classes are about none, one, one to three and four or more hours. See [MethodCarbohydrate].
func CarbohydratePerKg(hours float64) (low, high float64) {
	switch {
	case hours >= 3.5:
		return 8, 12
	case hours >= 1.25:
		return 6, 10
	case hours >= 0.5:
		return 5, 7
	}
	return 3, 5
}

// Energy of a gram in kcal, by Atwater's general factors.
const (
	KcalPerGramProtein      = 4
	KcalPerGramCarbohydrate = 4
	KcalPerGramFat          = 9
	KcalPerGramAlcohol      = 7
)

// An EnergySplit is the energy of what is eaten in kcal, and the percentages of it. See [MethodAtwater].
type EnergySplit struct {
	Kcal                                float64
	Protein, Carbohydrate, Fat, Alcohol float64 // %
}

// SplitEnergy returns the energy of so many grams of each.
func SplitEnergy(protein, carbohydrate, fat, alcohol float64) (EnergySplit, error) {
	s := EnergySplit{
		Protein: KcalPerGramProtein * protein, Carbohydrate: KcalPerGramCarbohydrate * carbohydrate,
		Fat: KcalPerGramFat * fat, Alcohol: KcalPerGramAlcohol * alcohol,
	}
	s.Kcal = s.Protein + s.Carbohydrate + s.Fat + s.Alcohol
	if !(s.Kcal > 0) || s.Protein < 0 || s.Carbohydrate < 0 || s.Fat < 0 || s.Alcohol < 0 {
		return EnergySplit{}, unavailable("there is no protein, carbohydrate, fat or alcohol in it")
	}
	for _, part := range []*float64{&s.Protein, &s.Carbohydrate, &s.Fat, &s.Alcohol} {
		*part *= 100 / s.Kcal
	}
	return s, nil
}

// Shares of the energy that fat should have, see [MethodFat].
const (
	LeastFat = 0.20
	MostFat  = 0.35
)

// CarbohydrateDuring returns the carbohydrate in g to take in each hour of an effort of so many hours, and 0, 0 where none is
// needed. See [MethodCarbohydrateDuring].
func CarbohydrateDuring(hours float64) (low, high float64) {
	switch {
	case hours >= 2.5:
		return 30, 90
	case hours >= 1:
		return 30, 60
	}
	return 0, 0
}
