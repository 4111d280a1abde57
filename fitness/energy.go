package fitness

// Mifflin returns the basal metabolic rate in kcal a day from the weight in kg, the
// height in cm, the age in years and the sex: 10·w + 6.25·h − 5·a + 5 (men) or − 161
// (women).
func Mifflin(weightKg, heightCm, age float64, sex Sex) (Result, error) {
	if err := first(
		checkWeight(weightKg), checkHeight(heightCm),
		within("age", age, minAge, maxAge, "years"), sex.check(),
	); err != nil {
		return Result{}, err
	}
	offset := 5.0
	if sex == Female {
		offset = -161
	}
	return result(10*weightKg+6.25*heightCm-5*age+offset, MethodMifflin, 0)
}

// KatchMcArdle returns the basal metabolic rate in kcal a day from the lean mass in
// kg: 370 + 21.6·LBM.
func KatchMcArdle(leanKg float64) (Result, error) {
	if err := checkLean(leanKg); err != nil {
		return Result{}, err
	}
	return result(370+21.6*leanKg, MethodKatchMcArdle, 0)
}

// Cunningham returns the resting metabolic rate in kcal a day from the lean mass in
// kg: 500 + 22·LBM.
func Cunningham(leanKg float64) (Result, error) {
	if err := checkLean(leanKg); err != nil {
		return Result{}, err
	}
	return result(500+22*leanKg, MethodCunningham, 0)
}

func checkLean(kg float64) error { return within("lean body mass", kg, 15, 200, "kg") }

// KeytelRate returns the energy in kcal a minute that exercise at a heart rate in
// bpm costs someone of a weight in kg, an age in years and a sex. It was fitted to
// steady exercise at about 90 to 150 bpm, and never below 0.
func KeytelRate(bpm, weightKg, age float64, sex Sex) (Result, error) {
	if err := first(within("heart rate", bpm, minHeartRate, maxHeartRate, "bpm"), checkKeytel(weightKg, age, sex)); err != nil {
		return Result{}, err
	}
	res, err := result(keytel(bpm, weightKg, age, sex), MethodKeytel, 0)
	res.Note = keytelNote(bpm)
	return res, err
}

// Energy returns the energy of the recording in kcal from its heart rate, for an
// athlete of a weight in kg, an age in years and a sex; see [KeytelRate].
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
