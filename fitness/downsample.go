package fitness

import "math"

// Downsample picks at most n samples of x at the times t that keep the look of the
// curve, and returns their indexes in order: the first, the last, and from each of
// n − 2 buckets the one that spans the largest triangle with its neighbours. Samples
// that are NaN are never picked. See [MethodLTTB].
func Downsample(t, x []float64, n int) []int {
	valid := make([]int, 0, len(x))
	for i := range min(len(t), len(x)) {
		if finite(t[i]) && finite(x[i]) {
			valid = append(valid, i)
		}
	}
	if n < 3 || len(valid) <= n {
		return valid[:max(min(n, len(valid)), 0)]
	}
	picked := make([]int, 1, n)
	picked[0] = valid[0]
	inner := len(valid) - 2
	bucket := func(k int) (from, to int) { return 1 + k*inner/(n-2), 1 + (k+1)*inner/(n-2) }
	for k := range n - 2 {
		from, to := bucket(k)
		nextFrom, nextTo := to, len(valid)
		if k < n-3 {
			nextFrom, nextTo = bucket(k + 1)
		}
		meanT, meanX := centre(t, x, valid[nextFrom:nextTo])
		last := picked[len(picked)-1]
		best, area := valid[from], -1.0
		for _, i := range valid[from:to] {
			a := math.Abs((t[last]-meanT)*(x[i]-x[last]) - (t[last]-t[i])*(meanX-x[last]))
			if a > area {
				best, area = i, a
			}
		}
		picked = append(picked, best)
	}
	return append(picked, valid[len(valid)-1])
}

// centre is the mean point of the samples.
func centre(t, x []float64, samples []int) (meanT, meanX float64) {
	for _, i := range samples {
		meanT += t[i] / float64(len(samples))
		meanX += x[i] / float64(len(samples))
	}
	return meanT, meanX
}
