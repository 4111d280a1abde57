package fitness

import "math"

// Means returns the mean of the samples of y in each of n equal parts of the range of x from one value to another, NaN where
// a part has none. Samples that are not finite count as not recorded.
func Means(x, y []float64, from, to float64, n int) []float64 {
	if n < 1 {
		return nil
	}
	sums, counts := make([]float64, n), make([]int, n)
	for i := range min(len(x), len(y)) {
		at := (x[i] - from) / (to - from) * float64(n)
		if !finite(at) || !finite(y[i]) || at < 0 || at > float64(n) {
			continue
		}
		part := min(int(at), n-1)
		sums[part] += y[i]
		counts[part]++
	}
	for i, c := range counts {
		if c == 0 {
			sums[i] = math.NaN()
			continue
		}
		sums[i] /= float64(c)
	}
	return sums
}
