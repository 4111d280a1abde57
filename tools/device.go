package tools

import (
	"fmt"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A deviceView is what a device says of a day. It is shown beside what is computed, and never mixed with it.
type deviceView struct {
	Kind   pierre.WellnessKind `json:"kind"`
	Value  *float64            `json:"value"`
	Unit   string              `json:"unit"`
	Date   string              `json:"date"`
	Source pierre.Provider     `json:"source"`
}

// viewDevices shows what devices say.
func viewDevices(list []pierre.Wellness) []deviceView {
	var views []deviceView
	for _, v := range list {
		views = append(views, deviceView{v.Kind, rounded(v.Value, 1), v.Unit(), v.Day.Format(time.DateOnly), v.Source})
	}
	return views
}

func (v deviceView) text() string {
	return fmt.Sprintf("device says: %s %s %s on %s (%s)", v.Kind, plain(*v.Value), v.Unit, v.Date, v.Source)
}
