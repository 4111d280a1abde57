package pierre

// A Digest is what package training keeps of an activity's samples so as not to decode them for every question.
type Digest struct {
	Stamp string // names the state of the activity's sources that the digest was, or is to be, made from
	Data  []byte // nil if there is none of that state
}

// A DigestedActivity is an activity and what is kept of its samples.
type DigestedActivity struct {
	Activity
	Digest
}

// A DigestPage is a part of a user's activities with their digests.
type DigestPage struct {
	Activities []DigestedActivity
	NextCursor string // "" on the last page
}
