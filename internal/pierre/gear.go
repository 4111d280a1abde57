package pierre

import "time"

// A GearKind says what gear is.
type GearKind string

// The kinds of gear of which exports have lists.
const (
	GearBike  GearKind = "bike"
	GearShoes GearKind = "shoes"
)

// A GearProduct is what gear was bought as.
type GearProduct struct {
	Name  string // as activities name it
	Make  string
	Model string
}

// A GearUse is what a piece of gear, such as shoes or a bicycle, has done in the activities that count.
type GearUse struct {
	Name            string
	Make, Model     string // "" if not known
	Activities      int
	OnFoot          int      // of the activities
	DistanceMeters  *float64 // nil: none of the activities has one
	DurationSeconds *float64
	First, Last     time.Time // starts of activities
}

// A Deletion is what became of an activity that its athlete deleted, all of it or some of its sources.
type Deletion struct {
	Sources []Source // that were deleted
	Left    int      // sources of the activity that stay
}
