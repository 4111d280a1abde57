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
	if err := within("age", age, minAge, maxAge, "years"); err != nil {
		return Result{}, err
	}
	res, err := result(208-0.7*age, MethodHRMaxTanaka, 0)
	res.Note = hrMaxNote
	return res, err
}
