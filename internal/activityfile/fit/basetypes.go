package fit

// A message definition says how long each field of the messages after it is, and by a base type how it is to be read. The
// number of a base type is in its low five bits; bit 7 repeats whether it has more than one byte. Some programs leave
// bit 7 out, and decoders refuse the whole file then. See "FIT Protocol", Definition Message.

// baseTypes are the base types by number, as they must be written.
func baseTypes() [17]struct{ written, size byte } {
	return [17]struct{ written, size byte }{
		{0x00, 1},
		{0x01, 1},
		{0x02, 1},
		{0x83, 2},
		{0x84, 2},
		{0x85, 4},
		{0x86, 4},
		{0x07, 1},
		{0x88, 4},
		{0x89, 8},
		{0x0A, 1},
		{0x8B, 2},
		{0x8C, 4},
		{0x0D, 1},
		{0x8E, 8},
		{0x8F, 8},
		{0x90, 8},
	}
}

const bytesType = 0x0D // a field of it is as many bytes as its size says

// repairBaseTypes corrects the base types in the definitions among messages, the part of a FIT file after its header. It
// changes messages, which keep their length, and reports whether there was anything to correct. What it cannot follow, it
// leaves to the decoder.
func repairBaseTypes(messages []byte) (repaired bool) {
	var sizes [16]int // of data messages by local type; 0: not defined
	for b := messages; len(b) > 0; {
		header := b[0]
		switch {
		case header&0x80 != 0: // data with a compressed timestamp
			b = skip(b, sizes[header>>5&3])
		case header&0x40 == 0:
			b = skip(b, sizes[header&15])
		default:
			size, length, changed := repairDefinition(b)
			if length == 0 {
				return repaired
			}
			sizes[header&15], repaired = size, repaired || changed
			b = b[length:]
		}
	}
	return repaired
}

// skip returns what follows a data message of that size, nothing if that is not known.
func skip(b []byte, size int) []byte {
	if size == 0 || 1+size > len(b) {
		return nil
	}
	return b[1+size:]
}

// repairDefinition corrects the definition that b begins with. It returns the size of the messages that it defines, and
// its own length, 0 if it is cut off.
func repairDefinition(b []byte) (size, length int, changed bool) {
	const fixed = 6 // header, reserved, byte order, message number, number of fields
	if len(b) < fixed {
		return 0, 0, false
	}
	length = fixed + 3*int(b[5])
	developer := 0
	if b[0]&0x20 != 0 && length < len(b) {
		developer = int(b[length])
		length++
	}
	if length+3*developer > len(b) {
		return 0, 0, false
	}
	for f := b[fixed : fixed+3*int(b[5])]; len(f) > 0; f = f[3:] {
		size += int(f[1])
		if right := baseType(f[2], f[1]); right != f[2] {
			f[2], changed = right, true
		}
	}
	for f := b[length : length+3*developer]; len(f) > 0; f = f[3:] {
		size += int(f[1])
	}
	return size, length + 3*developer, changed
}

// baseType returns the base type that a field of that size has.
func baseType(written, size byte) byte {
	types := baseTypes()
	if n := int(written & 0x1F); n < len(types) && types[n].size > 0 && size%types[n].size == 0 {
		return types[n].written
	}
	return bytesType
}
