package fit

import (
	"strings"
	"unicode"

	"github.com/muktihari/fit/profile/typedef"
)

// device names what recorded the file, as far as that is known.
func (f *file) device() string {
	if !f.known {
		return ""
	}
	maker := f.id.Manufacturer.String()
	if strings.HasPrefix(maker, "ManufacturerInvalid") {
		maker = ""
	}
	product := f.id.ProductName
	if product == "" && (f.id.Manufacturer == typedef.ManufacturerGarmin || f.id.Manufacturer == typedef.ManufacturerTacx) {
		if name := typedef.GarminProduct(f.id.Product).String(); !strings.HasPrefix(name, "GarminProductInvalid") {
			product = productName(name)
		}
	}
	maker = makerName(maker)
	if strings.HasPrefix(strings.ToLower(product), strings.ToLower(maker)) {
		maker = ""
	}
	return strings.TrimSpace(maker + " " + product)
}

// makerName turns the FIT profile's "wahoo_fitness" into "Wahoo Fitness".
func makerName(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		switch {
		case len(w) <= 3 && i == 0:
			words[i] = strings.ToUpper(w)
		case w != "":
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// productName turns the FIT profile's "fr735xt" into "Forerunner 735XT".
func productName(name string) string {
	at := strings.IndexFunc(name, unicode.IsDigit)
	if at < 0 {
		return makerName(name)
	}
	series, model := strings.TrimRight(name[:at], "_"), name[at:]
	switch series {
	case "fr":
		series = "Forerunner"
	default:
		series = makerName(series)
	}
	model, edition, _ := strings.Cut(model, "_")
	return strings.TrimSpace(series + " " + strings.ToUpper(model) + " " + makerName(edition))
}
