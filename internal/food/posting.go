package food

import (
	"encoding/binary"
	"strings"
)

// A posting says that a food has a word. The list of a word's postings has, for each food, the difference of its row from the row
// before as a varint, and two bytes of [traits]: what the order of the answers needs is read without a look at the foods.
type posting struct {
	row    uint32
	traits traits
}

// Traits are where in a food a word is, and what the food is like: 2 bits each for the [place] and the number of the [Kind], 1 for raw,
// and in the other byte how many words its description has.
type traits uint16

// A place is where a word is.
type place uint8

const (
	wholeName place = iota // it alone stands before the first comma, as in "Bananas, raw"
	inName                 // it stands there with others
	inRest
	inBrand
)

func makeTraits(p place, k Kind, raw bool, length int) traits {
	t := traits(p)<<14 | traits(k.number())<<12 | traits(min(length, 255))
	if raw {
		t |= 1 << 11
	}
	return t
}

func (t traits) place() place { return place(t >> 14) }
func (t traits) kind() int    { return int(t>>12) & 3 }
func (t traits) raw() bool    { return t&(1<<11) != 0 }
func (t traits) length() int  { return int(t & 255) }

// Foods are listed by what they cost, the least first: 0 is a raw food of one word that is what was asked for. By hand, such that
// "banana" gives the fruit, then what is made of it, then products.
const (
	longest = 20 // words that a description costs at most
	notRaw  = 3
)

func (p place) cost() int { return [...]int{0, 6, 8, 20}[p] }

// own is what a food costs, wherever the words are.
func (t traits) own() int {
	cost := min(t.length(), longest) + [...]int{0, 0, 4, 24}[t.kind()]
	if !t.raw() {
		cost += notRaw
	}
	return cost
}

// A postingList is one in the making.
type postingList struct {
	bytes []byte
	last  uint32
	count int
}

func (l *postingList) add(p posting) {
	l.bytes = binary.AppendUvarint(l.bytes, uint64(p.row-l.last))
	l.bytes = binary.BigEndian.AppendUint16(l.bytes, uint16(p.traits))
	l.last = p.row
	l.count++
}

// readPostings appends what a list holds to postings, as far as it is whole.
func readPostings(postings []posting, list []byte) []posting {
	row := uint32(0)
	for len(list) > 0 {
		step, n := binary.Uvarint(list)
		if n <= 0 || len(list) < n+2 || step > 1<<31 {
			break
		}
		row += uint32(step)
		postings = append(postings, posting{row, traits(binary.BigEndian.Uint16(list[n:]))})
		list = list[n+2:]
	}
	return postings
}

// wordsIn returns a food's words with their traits.
func (f Food) wordsIn() map[string]traits {
	name, rest, _ := strings.Cut(f.Description, ",")
	first, others := wordsOf(name, mostWords), wordsOf(rest, mostWords)
	raw := false
	for _, w := range others {
		raw = raw || w == "raw"
	}
	found := map[string]traits{}
	add := func(words []string, p place) {
		for _, w := range words {
			if _, ok := found[w]; !ok {
				found[w] = makeTraits(p, f.Kind, raw, len(first)+len(others))
			}
		}
	}
	if len(first) == 1 {
		add(first, wholeName)
	}
	add(first, inName)
	add(others, inRest)
	add(wordsOf(f.Brand, mostBrandWords), inBrand)
	return found
}

const mostBrandWords = 10
