package stats

import "gonum.org/v1/gonum/stat/distuv"

// Arrivals is the interval of what a period was to bring, from what it did
// bring: units that came one by one, independently of one another (customers
// won, leads), each with its worth. total and squares are the sums of the
// worths and of their squares: both are the number of units where each counts
// one. It is the exact interval of a Poisson mean (Garwood 1936) at the number
// of equal units that would vary as much, total²/squares, times what each of
// those is worth: the gamma interval of a weighted sum (Fay and Feuer 1997)
// with the mean worth in place of the largest. ok is false where nothing came.
func Arrivals(total, squares, level float64) (i Interval, ok bool) {
	if !(total > 0) || !(squares > 0) {
		return Interval{}, false
	}
	n, worth := total*total/squares, squares/total
	tail := (1 - level) / 2
	return Interval{
		Low:  worth / 2 * distuv.ChiSquared{K: 2 * n}.Quantile(tail),
		High: worth / 2 * distuv.ChiSquared{K: 2*n + 2}.Quantile(1-tail),
	}, true
}

// Unseen is how many of what did not happen at all were still to be expected,
// at most: the upper end of the exact Poisson interval of none, 3.69 at 95 %.
func Unseen(level float64) float64 {
	return distuv.ChiSquared{K: 2}.Quantile(1-(1-level)/2) / 2
}
