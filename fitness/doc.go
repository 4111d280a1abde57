// Package fitness is the science: load, power, running, form and energy
// formulas as pure functions over sample columns, days and numbers.
//
// It owns the formulas, their constants, their limits and their sources. It
// knows no users, files, databases or tools: who calls it chooses the athlete's
// numbers and words the answer.
//
// # Shapes
//
// A recording comes as columns: t in seconds after the start, rising, and one
// column per quantity, as long as t, with NaN where a sample lacks the value. A
// column that was not recorded is nil. Units are SI's, but bpm for heart rates, cm
// for a body's height, years for ages and kcal for food; each function says which.
//
// # Results
//
// One number comes as a [Result]: the value, the [Method] with its source, the
// share of the recorded time that had the needed samples, and a note where the
// method is stretched. What cannot be computed is an [*UnavailableError] whose
// text completes "not available because …"; no function returns NaN, infinity or
// a 0 that stands for nothing, and none panics, whatever the input.
//
// # Time
//
// A sample stands for the time until the next one. A gap of more than 30 s, or of
// more than 10 s in a recording that has a sample every second or two, is a pause:
// it belongs to no sample and not to the recorded time, and the sample before it, as
// the last one of a recording, stands for 1 s. A sample that lacks the value takes
// over the last one if that is at most 10 s old.
//
// docs/METHODS.md explains every method, with its check values, its limits and
// where it departs from other products.
package fitness
