package food

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// amountSize is how many bytes an amount takes: the nutrient, the number of its source, and a float32.
const amountSize = 2 + 1 + 4

// encodeAmounts writes amounts for a file.
func encodeAmounts(amounts []Amount) []byte {
	b := make([]byte, 0, amountSize*len(amounts))
	for _, a := range amounts {
		b = binary.BigEndian.AppendUint16(b, uint16(a.Nutrient))
		b = append(b, byte(slices.Index(sources(), a.Source)))
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(a.Value)))
	}
	return b
}

// decodeAmounts reads what encodeAmounts wrote, without what no such thing is.
func decodeAmounts(b []byte) []Amount {
	amounts := make([]Amount, 0, len(b)/amountSize)
	for ; len(b) >= amountSize; b = b[amountSize:] {
		v, source := short(math.Float32frombits(binary.BigEndian.Uint32(b[3:]))), int(b[2])
		if v >= 0 && !math.IsInf(v, 0) && source < len(sources()) {
			amounts = append(amounts, Amount{NutrientID(binary.BigEndian.Uint16(b)), v, sources()[source]})
		}
	}
	return amounts
}

// short returns the number that f stands for: 13.81, not 13.8100004.
func short(f float32) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// encodePortions writes portions for a file.
func encodePortions(portions []Portion) (string, error) {
	list := make([][2]any, 0, len(portions))
	for _, p := range portions {
		list = append(list, [2]any{p.Name, p.Amount})
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func decodePortions(text string) []Portion {
	var list [][2]any
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	var portions []Portion
	for _, p := range list {
		name, ok := p[0].(string)
		if amount, isNumber := p[1].(float64); ok && isNumber && amount > 0 {
			portions = append(portions, Portion{name, amount})
		}
	}
	return portions
}
