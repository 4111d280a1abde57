package pierre

import (
	"crypto/rand"
	"strings"
)

// Sides are where the athlete put a recording each time that one activity was made several, or several one: a number by the name of
// the occasion. Two with different numbers for one occasion are never one activity.
type Sides map[string]int

// MaxSides is of how many occasions a recording knows.
const MaxSides = 32

// occasionLength is how many characters the name of an occasion has: some of those of [rand.Text], in base 32.
const occasionLength = 10

// NewOccasion returns a random name of an occasion.
func NewOccasion() string { return strings.ToLower(rand.Text()[:occasionLength]) }

// IsOccasion reports whether text can be a name that [NewOccasion] returned.
func IsOccasion(text string) bool { return isRandom(text, occasionLength) }
