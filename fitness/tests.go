package fitness

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// significant is the probability of chance below which the tests of this file call something a pattern.
const significant = 0.05

// A Test is what a statistical test found.
type Test struct {
	Statistic   float64
	Probability float64 // that chance alone brings as much about
	Method      Method
}

// Significant reports whether chance alone would bring it about in fewer than 5 of 100 cases.
func (t Test) Significant() bool { return t.Probability < significant }

// Uniform tests whether counts are as even as chance makes them (Pearson's chi-squared). It needs a mean of 5.
func Uniform(counts []int) (Test, error) {
	sum := 0
	for _, c := range counts {
		sum += c
	}
	if len(counts) < 2 || sum < 5*len(counts) {
		return Test{}, unavailable("there are %d of them, and %d are needed", sum, 5*len(counts))
	}
	mean, x := float64(sum)/float64(len(counts)), 0.0
	for _, c := range counts {
		x += (float64(c) - mean) * (float64(c) - mean) / mean
	}
	return Test{x, distuv.ChiSquared{K: float64(len(counts) - 1)}.Survival(x), MethodChiSquared}, nil
}

// Groups tests whether groups of values differ (Kruskal and Wallis). Each needs three values.
func Groups(groups [][]float64) (Test, error) {
	if len(groups) < 2 {
		return Test{}, unavailable("there is nothing to compare")
	}
	for _, values := range groups {
		if len(values) < 3 {
			return Test{}, unavailable("a group has %d values, and 3 are needed", len(values))
		}
	}
	sums, ties, n := rankSums(groups)
	h := 0.0
	for g, s := range sums {
		h += s * s / float64(len(groups[g]))
	}
	h = (12/(n*(n+1))*h - 3*(n+1)) / (1 - ties/(n*n*n-n))
	if math.IsNaN(h) || math.IsInf(h, 0) {
		return Test{}, unavailable("all values are the same")
	}
	return Test{h, distuv.ChiSquared{K: float64(len(groups) - 1)}.Survival(max(0, h)), MethodKruskalWallis}, nil
}

// rankSums returns the sum of the ranks of each group among all n values, and Σ(t³ − t) over values that t of them share.
func rankSums(groups [][]float64) (sums []float64, ties, n float64) {
	type ranked struct {
		value float64
		group int
	}
	var all []ranked
	for g, values := range groups {
		for _, v := range values {
			all = append(all, ranked{v, g})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.value, b.value) })
	sums = make([]float64, len(groups))
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].value == all[i].value {
			j++
		}
		for _, a := range all[i:j] {
			sums[a.group] += float64(i+j+1) / 2 // the mean of the ranks i+1 … j
		}
		same := float64(j - i)
		ties += same*same*same - same
		if i = j; same == 0 {
			break // a value that is no number
		}
	}
	return sums, ties, float64(len(all))
}
