package console

import "strconv"

// A land is a country that is coloured on the map.
type land struct {
	Code string // as in world.svg
	Heat string // heat1 to heat4
	Name string
}

const heats = 4

// landsOf colours countries by their calls beside the most. What has no country is not on the map.
func landsOf(countries []share) (lands []land) {
	for _, c := range countries {
		if len(c.Code) != 2 || c.Code == "ZZ" || c.Calls == 0 {
			continue
		}
		heat := 1 + c.Bar.Width()*heats/101
		lands = append(lands, land{c.Code, "heat" + strconv.FormatInt(heat, 10), c.Name})
	}
	return lands
}
