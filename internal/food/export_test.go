package food

// SetMemory sets from how many bytes of lists on they are written.
func (b *Builder) SetMemory(bytes int) { b.most = bytes }

// WordsOf returns the words of a text.
func WordsOf(text string) []string { return wordsOf(text, mostWords) }

// ReadRows returns the rows that a list of postings holds.
func ReadRows(list []byte) []uint32 {
	var rows []uint32
	for _, p := range readPostings(nil, list) {
		rows = append(rows, p.row)
	}
	return rows
}

// DecodeAmounts reads amounts.
var DecodeAmounts = decodeAmounts
