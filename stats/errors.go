package stats

import "errors"

// Why a computation answers nothing. Errors of this package wrap one of them,
// so that a caller can tell "no data" (show null) from "wrong data" (a fault
// of whoever prepared it).
var (
	// ErrEmpty: there are no observations.
	ErrEmpty = errors.New("stats: there are no observations")
	// ErrImpossible: an observation contradicts itself.
	ErrImpossible = errors.New("stats: an observation is impossible")
	// ErrUnidentified: the observations cannot tell the quantity asked for.
	ErrUnidentified = errors.New("stats: the observations do not determine this")
)

// Estimate is a figure with its standard error and its confidence interval.
// The interval need not be symmetric round Value nor built of SE.
type Estimate struct {
	Value, SE float64
	Interval  Interval
}
