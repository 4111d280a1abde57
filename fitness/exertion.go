package fitness

// thresholdRPE is the exertion at the second threshold on the scale CR10 (Seiler & Kjerland 2006).
const thresholdRPE = 7

// SessionRPE returns the stress score of a session of some minutes by how hard it was, from 0 to 10 on Borg's scale CR10: exertion
// times minutes (Foster et al. 2001), scaled so that an hour at the second threshold is 100, as by the other stress scores.
func SessionRPE(minutes, rpe float64) (Result, error) {
	if err := first(
		within("duration", minutes, 0, maxMinutes, "min"),
		within("RPE", rpe, 0, 10, ""),
	); err != nil {
		return Result{}, err
	}
	return result(minutes*rpe/(60*thresholdRPE)*100, MethodSessionRPE, 0)
}
