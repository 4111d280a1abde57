package fitness

// vo2maxPercents are the columns of the tables of maximal oxygen uptake.
func vo2maxPercents() [7]float64 { return [7]float64{5, 10, 25, 50, 75, 90, 95} }

// vo2maxOf is maximal oxygen uptake in ml/kg/min, measured on treadmills, of the decades from 20 to 79 years (Kaminsky, Arena
// & Myers 2015, Mayo Clin Proc 90:1515, table of the FRIEND registry).
func vo2maxOf(sex Sex) [6][7]float64 {
	if sex == Female {
		return [6][7]float64{
			{21.7, 23.9, 30.5, 37.6, 44.7, 51.3, 56.0},
			{19.0, 20.9, 25.3, 30.2, 36.1, 41.4, 45.8},
			{17.0, 18.8, 22.1, 26.7, 32.4, 38.4, 41.7},
			{16.0, 17.3, 19.9, 23.4, 27.6, 32.0, 35.9},
			{13.4, 14.6, 17.2, 20.0, 23.8, 27.0, 29.4},
			{13.1, 13.6, 15.6, 18.3, 20.8, 23.1, 24.1},
		}
	}
	return [6][7]float64{
		{29.0, 32.1, 40.1, 48.0, 55.2, 61.8, 66.3},
		{27.2, 30.2, 35.9, 42.4, 49.2, 56.5, 59.8},
		{24.2, 26.8, 31.9, 37.8, 45.0, 52.1, 55.6},
		{20.9, 22.8, 27.1, 32.6, 39.7, 45.6, 50.7},
		{17.4, 19.8, 23.7, 28.2, 34.5, 40.3, 43.0},
		{16.3, 17.1, 20.4, 24.4, 30.4, 36.6, 39.7},
	}
}

// VO2maxPercentile returns how many percent of people of the same sex and decade of age have a lower maximal oxygen uptake
// than so many ml/kg/min, between the published percentiles by interpolation. Below the 5th and above the 95th
// nothing is published: the value is 5 or 95 with a note.
func VO2maxPercentile(vo2max, age float64, sex Sex) (Result, error) {
	if err := first(sex.check(), within("age", age, 20, 79.999, "years"), within("VO2max", vo2max, 5, 100, "ml/kg/min")); err != nil {
		return Result{}, err
	}
	row, percents := vo2maxOf(sex)[int(age/10)-2], vo2maxPercents()
	last := len(row) - 1
	r := Result{Method: MethodFRIEND}
	switch {
	case vo2max < row[0]:
		r.Value, r.Note = percents[0], "less than the lowest published percentile, the 5th"
	case vo2max > row[last]:
		r.Value, r.Note = percents[last], "more than the highest published percentile, the 95th"
	default:
		low, high, below, above := row[0], row[0], percents[0], percents[0]
		for i, v := range row {
			low, high, below, above = high, v, above, percents[i]
			if v >= vo2max && v > low {
				break
			}
		}
		r.Value = below + (above-below)*(vo2max-low)/(high-low)
	}
	return r, nil
}

// Level names a percentile of maximal oxygen uptake as ACSM's Guidelines for Exercise Testing and Prescription do.
func Level(percentile float64) string {
	switch {
	case percentile >= 95:
		return "superior"
	case percentile >= 80:
		return "excellent"
	case percentile >= 60:
		return "good"
	case percentile >= 40:
		return "fair"
	case percentile >= 20:
		return "poor"
	default:
		return "very poor"
	}
}

// VO2maxOfRide returns maximal oxygen uptake in ml/kg/min from the highest mean power over 5 minutes, in W, all out.
func VO2maxOfRide(watts, kg float64) (Result, error) {
	if err := first(within("power", watts, 30, 700, "W"), within("weight", kg, 25, 300, "kg")); err != nil {
		return Result{}, err
	}
	return result(16.6+8.87*watts/kg, MethodSitko, 0)
}
