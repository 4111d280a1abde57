package alerts

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryName returns the English name of an ISO 3166-1 alpha-2 code, or the code.
func countryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.English.Regions().Name(r); name != "" {
		return name
	}
	return code
}
