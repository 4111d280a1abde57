package store

import (
	"iter"
	"strconv"
	"strings"
)

// A rowsStatement is a statement that takes many rows at once, which costs much less than one for each: between head and
// tail it has a row of width placeholders per row.
type rowsStatement struct {
	head  string
	width int
	first string // casts of the first row's placeholders, where their types do not follow from the statement; "": none
	last  string // a constant that ends each row; "": none
	tail  string
}

// partSize returns how many of n rows, at least one, go into the next statement: few different numbers, since databases
// keep what they have prepared.
func partSize(n int) int {
	for _, size := range [...]int{128, 64, 32, 24, 16, 14, 12, 10, 8, 7, 6, 5, 4, 3, 2} {
		if size <= n {
			return size
		}
	}
	return 1
}

// parts divides the rows among statements.
func parts[T any](rows []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(rows) > 0 {
			n := partSize(len(rows))
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// text returns the statement for n rows.
func (r *rowsStatement) text(n int) string {
	var b strings.Builder
	b.Grow(len(r.head) + len(r.tail) + n*r.width*5)
	b.WriteString(r.head)
	casts := strings.Fields(r.first)
	number := 0
	for row := range n {
		if row > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for column := range r.width {
			if column > 0 {
				b.WriteByte(',')
			}
			number++
			if row == 0 && len(casts) > 0 {
				b.WriteString("CAST($" + strconv.Itoa(number) + " AS " + casts[column] + ")")
			} else {
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(number))
			}
		}
		if r.last != "" {
			b.WriteString("," + r.last)
		}
		b.WriteByte(')')
	}
	b.WriteString(r.tail)
	return b.String()
}
