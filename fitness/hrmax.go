package fitness

// The ages that the studies behind the estimates covered, generously.
const (
	minAge = 10
	maxAge = 100
)

const hrMaxNote = "an estimate from age alone: one person in three is more than 10 bpm off"

// HRMaxTanaka estimates the maximum heart rate in bpm of adults: 208 − 0.7·age.
// The standard deviation is about 10 bpm; prefer [ObservedHRMax].
func HRMaxTanaka(age float64) (Result, error) {
	return hrMax(age, 208, 0.7, MethodHRMaxTanaka)
}

// HRMaxGellish estimates the maximum heart rate in bpm: 207 − 0.7·age.
func HRMaxGellish(age float64) (Result, error) {
	return hrMax(age, 207, 0.7, MethodHRMaxGellish)
}

// HRMaxNes estimates the maximum heart rate in bpm: 211 − 0.64·age.
func HRMaxNes(age float64) (Result, error) {
	return hrMax(age, 211, 0.64, MethodHRMaxNes)
}

// HRMaxGulati estimates the maximum heart rate in bpm of women: 206 − 0.88·age.
func HRMaxGulati(age float64) (Result, error) {
	return hrMax(age, 206, 0.88, MethodHRMaxGulati)
}

func hrMax(age, base, perYear float64, m Method) (Result, error) {
	if err := within("age", age, minAge, maxAge, "years"); err != nil {
		return Result{}, err
	}
	res, err := result(base-perYear*age, m, 0)
	res.Note = hrMaxNote
	return res, err
}
