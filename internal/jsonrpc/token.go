package jsonrpc

import (
	"encoding/binary"
	"math/bits"
)

// str skips a string, eight bytes at a time where nothing in it needs a look: results are mostly long strings.
func (s *scanner) str(i int) int {
	i++
	for {
		for i+8 <= len(s.b) {
			n := plainBytes(binary.LittleEndian.Uint64(s.b[i:]))
			i += n
			if n < 8 {
				break
			}
		}
		if i >= len(s.b) {
			return -1
		}
		switch c := s.b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			i = s.escape(i)
			if i < 0 {
				return -1
			}
		case c < ' ':
			return -1
		default:
			i++
		}
	}
}

// plainBytes counts the leading bytes of w that are neither a control character nor a quote nor a backslash.
func plainBytes(w uint64) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	special := ((w - ones*' ') &^ w) | ((quote - ones) &^ quote) | ((slash - ones) &^ slash)
	return bits.TrailingZeros64(special&highs) / 8
}

func (s *scanner) escape(i int) int {
	if i+1 >= len(s.b) {
		return -1
	}
	switch s.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(s.b) {
			return -1
		}
		for _, c := range s.b[i+2 : i+6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

func (s *scanner) literal(i int, want string) int {
	if end := i + len(want); end <= len(s.b) && string(s.b[i:end]) == want {
		return end
	}
	return -1
}

func (s *scanner) number(i int) int {
	if s.b[i] == '-' {
		i++
	}
	switch {
	case i == len(s.b) || !isDigit(s.b[i]):
		return -1
	case s.b[i] == '0':
		i++
	default:
		i = s.digits(i)
	}
	if i < len(s.b) && s.b[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(s.b) && (s.b[i] == 'e' || s.b[i] == 'E') {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		i = s.digits(i)
	}
	return i
}

// digits skips at least one digit.
func (s *scanner) digits(i int) int {
	start := i
	for i < len(s.b) && isDigit(s.b[i]) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
