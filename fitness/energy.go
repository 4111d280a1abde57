package fitness

// Energy returns the energy of the recording in kcal from its heart rate, for an
// athlete of a weight in kg, an age in years and a sex. It was fitted to steady
// exercise at about 90 to 150 bpm; where it goes below 0 it counts as 0.
func (h HeartRate) Energy(weightKg, age float64, sex Sex) (Result, error) {
	if err := first(h.check(), checkKeytel(weightKg, age, sex)); err != nil {
		return Result{}, err
	}
	kcal := h.sum(func(bpm float64) float64 { return keytel(bpm, weightKg, age, sex) })
	res, err := result(kcal, MethodKeytel, h.coverage())
	res.Note = keytelNote(h.mean())
	return res, err
}

func checkKeytel(weightKg, age float64, sex Sex) error {
	return first(checkWeight(weightKg), within("age", age, minAge, maxAge, "years"), sex.check())
}

func keytel(bpm, weightKg, age float64, sex Sex) float64 {
	const kilojoulesPerKcal = 4.184
	kilojoules := -55.0969 + 0.6309*bpm + 0.1988*weightKg + 0.2017*age
	if sex == Female {
		kilojoules = -20.4022 + 0.4472*bpm - 0.1263*weightKg + 0.074*age
	}
	return max(kilojoules, 0) / kilojoulesPerKcal
}

func keytelNote(bpm float64) string {
	if bpm < 90 {
		return "below the 90 bpm that the equation was made for"
	}
	return ""
}

const minWeightKg, maxWeightKg = 25, 300

func checkWeight(kg float64) error {
	return within("body weight", kg, minWeightKg, maxWeightKg, "kg")
}
