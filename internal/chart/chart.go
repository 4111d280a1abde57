// Package chart says what a chart shows, and draws it as a PNG picture that can be read on a phone: lines, areas and bars
// above a shared axis, and months of days. It knows nothing of where the numbers come from.
//
// What was not measured is left out of a series: a line ends before it and begins anew behind it.
package chart

// A Chart is what a picture shows: panels one above the other over the same axis, or the days of a month.
type Chart struct {
	Title  string   `json:"title"`
	About  string   `json:"about,omitempty" jsonschema:"which days, or which activity, in plain words"`
	Axis   Axis     `json:"axis" jsonschema:"that all panels share"`
	Panels []Panel  `json:"panels,omitempty" jsonschema:"one above the other"`
	Month  *Month   `json:"month,omitempty" jsonschema:"in place of panels"`
	Notes  []string `json:"notes,omitempty" jsonschema:"what the reader has to know: what is estimated, what is missing"`
	Empty  string   `json:"empty,omitempty" jsonschema:"why there is nothing to draw"`
}

// A Scale is how the numbers of an axis or of a panel are written.
type Scale string

// The scales.
const (
	Number Scale = "number"
	Days   Scale = "days"     // days after the first
	Clock  Scale = "seconds"  // written as a time, such as 1:30:00
	Length Scale = "duration" // seconds, at logarithmic distances, such as 5 min
	Pace   Scale = "pace"     // seconds, written as 5:30; less is faster, and above
	Metres Scale = "metres"   // written as kilometres
	Zone   Scale = "zone"     // the number of a zone
)

// An Axis is what the points of series lie above.
type Axis struct {
	Scale Scale   `json:"scale" jsonschema:"days: after first_day; seconds; duration: seconds, logarithmic; metres; zone: its number"`
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	First string  `json:"first_day,omitempty" jsonschema:"the day 0 of days"`
}

// A Panel shows series of one quantity.
type Panel struct {
	Title  string   `json:"title"`
	Unit   string   `json:"unit,omitempty"`
	Scale  Scale    `json:"scale" jsonschema:"number, seconds, or pace: seconds, less is faster and drawn above"`
	Zero   bool     `json:"zero,omitempty" jsonschema:"0 belongs into the panel"`
	Stack  bool     `json:"stacked,omitempty" jsonschema:"bars stand on those of the series before"`
	Ranked bool     `json:"ranked,omitempty" jsonschema:"the series go from little to much, and so do their colours"`
	Low    *float64 `json:"low,omitempty" jsonschema:"the lower edge, if some values lie beyond"`
	High   *float64 `json:"high,omitempty" jsonschema:"the upper edge, likewise"`
	Series []Series `json:"series"`
}

// A Mark is how a series is drawn.
type Mark string

// The marks.
const (
	Line   Mark = "line"
	Area   Mark = "area"   // a line, and what is between it and 0, or else the lower edge
	Signed Mark = "signed" // an area whose sides of 0 differ in colour
	Bar    Mark = "bar"
	Points Mark = "points" // a line with its points
)

// A Series is a quantity: its points from left to right.
type Series struct {
	Name      string    `json:"name"`
	Mark      Mark      `json:"mark" jsonschema:"line, area, signed: an area on both sides of 0, bar, points"`
	Tone      int       `json:"tone" jsonschema:"of the colours"`
	Estimated bool      `json:"estimated,omitempty" jsonschema:"follows from estimates: drawn broken, or lighter"`
	Width     float64   `json:"bar_width,omitempty" jsonschema:"of a bar, on the axis, around its point"`
	X         []float64 `json:"x"`
	Y         []float64 `json:"y"`
	Breaks    []int     `json:"breaks,omitempty" jsonschema:"indexes at which a line begins anew, since nothing was measured before"`
}

// Runs calls each with the first and the end of each part without a break.
func (s Series) Runs(each func(from, to int)) {
	from := 0
	for _, b := range s.Breaks {
		if b > from && b < len(s.X) {
			each(from, b)
			from = b
		}
	}
	if from < len(s.X) {
		each(from, len(s.X))
	}
}

// A Month is the days of one, whose sizes and colours are their loads.
type Month struct {
	First string `json:"first_day"`
	Days  []Day  `json:"days" jsonschema:"those with activities"`
}

// A Day is a day of a month. Load is nil if none of its activities has a load.
type Day struct {
	Day        int      `json:"day" jsonschema:"of the month"`
	Activities int      `json:"activities"`
	Load       *float64 `json:"load,omitempty" jsonschema:"absent: it could not be computed"`
	Seconds    float64  `json:"duration_seconds,omitempty"`
}

// HasData reports whether there is anything to draw.
func (c Chart) HasData() bool {
	if c.Month != nil && len(c.Month.Days) > 0 {
		return true
	}
	for _, p := range c.Panels {
		for _, s := range p.Series {
			if len(s.X) > 0 {
				return true
			}
		}
	}
	return false
}
