package pierre

// A Digest is what package training keeps of an activity and its samples so as not to decode them for every question.
type Digest struct {
	Stamp  string // names the state of the activity's sources that the digest was, or is to be, made from
	Data   []byte // nil if there is none of that state
	Detail []byte // what only few questions need, and is read by itself
}

// A DigestedActivity is an activity and what is kept of its samples.
type DigestedActivity struct {
	Activity // only its ID, if there is a digest
	Digest   // without its Detail
}
