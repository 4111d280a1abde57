package strava

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// MaxGearBytes bounds a list of gear.
const MaxGearBytes = 1 << 20

// maxGear is more than anybody has.
const maxGear = 1000

// ReadGear reads bikes.csv or shoes.csv: name, make, model and the sports that it is used for without being asked. Lists in other
// languages have the same order. The list of activities calls a bicycle by its name, and shoes by make, model and name.
func ReadGear(r io.Reader, kind pierre.GearKind) ([]pierre.GearProduct, error) {
	table := csv.NewReader(r)
	table.FieldsPerRecord, table.LazyQuotes, table.ReuseRecord = -1, true, true
	head, err := table.Read()
	if err != nil {
		return nil, gearError(err)
	}
	name, brand, model := gearColumns(head)
	list := []pierre.GearProduct{}
	for len(list) < maxGear {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, gearError(err)
		}
		cell := func(n int) string {
			if n < 0 || n >= len(row) {
				return ""
			}
			return draft.Clip(strings.TrimSpace(row[n]), draft.MaxTitle)
		}
		p := pierre.GearProduct{Name: cell(name), Make: cell(brand), Model: cell(model)}
		if kind == pierre.GearShoes {
			p.Name = draft.Clip(draft.ShoeName(p.Make, p.Model, p.Name), draft.MaxTitle)
		}
		if p.Name != "" {
			list = append(list, p)
		}
	}
	return list, nil
}

// gearColumns returns the places of name, make and model.
func gearColumns(head []string) (name, brand, model int) {
	at := func(suffix string) int {
		return slices.IndexFunc(head, func(h string) bool { return strings.HasSuffix(strings.ToLower(strings.TrimSpace(h)), suffix) })
	}
	if name, brand, model = at(" name"), at(" brand"), at(" model"); name >= 0 {
		return name, brand, model
	}
	return 0, 1, 2
}

// gearError returns err, or what to tell people of it if it is about the table.
func gearError(err error) error {
	if _, ok := errors.AsType[*csv.ParseError](err); ok || draft.IsEOF(err) {
		return draft.NotActivity("an empty or damaged list of gear")
	}
	return err
}
