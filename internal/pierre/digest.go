package pierre

// A Digest is what package tools keeps of an activity's samples so as not to decode them for every question.
type Digest struct {
	Stamp string // names the state of the activity's sources that the digest was, or is to be, made from
	Data  []byte // nil if there is none of that state
}
