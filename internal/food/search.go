package food

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	mostQueryWords = 12
	mostBegun      = 30 // words that a word may be the beginning of
	leastBeginning = 3  // letters of such a one
)

// A Query asks for foods.
type Query struct {
	Text   string
	Kinds  []Kind // of [Kinds]; none: all
	Offset int
	Limit  int
}

// A Result is the foods that a query asks for, the likeliest first.
type Result struct {
	Foods   []Food
	Total   int
	Partly  bool     // no food has all words: these have most of them
	Unknown []string // words that no food has
}

// Search finds foods by words, whose order does not matter. A word that no food has may be the beginning of one.
func (f *File) Search(ctx context.Context, q Query) (Result, error) {
	var r Result
	var lists [][]posting
	for _, w := range distinct(wordsOf(q.Text, mostQueryWords)) {
		list, err := f.postings(ctx, w)
		if err != nil {
			return Result{}, err
		}
		if list = ofKinds(list, q.Kinds); len(list) == 0 {
			r.Unknown = append(r.Unknown, w)
			continue
		}
		lists = append(lists, list)
	}
	hits := everywhere(lists)
	if len(hits) == 0 && len(lists) > 1 {
		hits, r.Partly = mostly(lists), true
	}
	r.Total = len(hits)
	var err error
	r.Foods, err = f.inOrder(ctx, best(hits, q.Offset, q.Limit))
	return r, err
}

func distinct(words []string) []string {
	var all []string
	for _, w := range words {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

// inOrder returns the foods of the rows.
func (f *File) inOrder(ctx context.Context, rows []uint32) ([]Food, error) {
	byRow, err := query(ctx, f.db, ofRows, rows)
	foods := make([]Food, 0, len(rows))
	for _, row := range rows {
		if one, ok := byRow[row]; ok {
			foods = append(foods, one)
		}
	}
	return foods, err
}

// postings returns the foods that have a word, by their rows, or, if there are none, those with words that it begins.
func (f *File) postings(ctx context.Context, w string) ([]posting, error) {
	list, err := f.listsOf(ctx, w)
	if err != nil || len(list) > 0 || utf8.RuneCountInString(w) < leastBeginning {
		return list, err
	}
	rows, err := f.db.QueryContext(ctx, `SELECT word FROM posting WHERE word >= ?1 AND word < ?2 GROUP BY word ORDER BY sum(foods) DESC LIMIT ?3`, w, w+"\U0010FFFF", mostBegun)
	if err != nil {
		return nil, fmt.Errorf("looking for words: %w", err)
	}
	longer, err := texts(rows)
	if err != nil {
		return nil, fmt.Errorf("looking for words: %w", err)
	}
	var lists [][]posting
	for _, w := range longer {
		list, err := f.listsOf(ctx, w)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return united(lists), nil
}

func texts(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// listsOf returns the postings of exactly this word.
func (f *File) listsOf(ctx context.Context, w string) ([]posting, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT list FROM posting WHERE word = ?1 ORDER BY run`, w)
	if err != nil {
		return nil, fmt.Errorf("looking for a word: %w", err)
	}
	defer rows.Close()
	var postings []posting
	for rows.Next() {
		var list sql.RawBytes
		if err := rows.Scan(&list); err != nil {
			return nil, fmt.Errorf("looking for a word: %w", err)
		}
		postings = readPostings(slices.Grow(postings, len(list)/3), list)
	}
	return postings, rows.Err()
}

// united returns the postings of several lists in one. Of a food that is in more of them, the word in the better place counts.
func united(lists [][]posting) []posting {
	var all []posting
	for _, list := range lists {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b posting) int {
		if a.row != b.row {
			return int(a.row) - int(b.row)
		}
		return int(a.traits) - int(b.traits)
	})
	return slices.CompactFunc(all, func(a, b posting) bool { return a.row == b.row })
}

func ofKinds(list []posting, kinds []Kind) []posting {
	if len(kinds) == 0 {
		return list
	}
	var wanted [4]bool
	for _, k := range kinds {
		wanted[k.number()] = true
	}
	return slices.DeleteFunc(list, func(p posting) bool { return !wanted[p.traits.kind()] })
}

// A hit is a food that has words.
type hit struct {
	row   uint32
	cost  uint16
	words uint8 // how many
}

// everywhere returns the foods that are in all lists.
func everywhere(lists [][]posting) []hit {
	if len(lists) == 0 {
		return nil
	}
	lists = slices.SortedFunc(slices.Values(lists), func(a, b []posting) int { return len(a) - len(b) })
	hits := make([]hit, 0, len(lists[0]))
	at := make([]int, len(lists))
nextFood:
	for _, p := range lists[0] {
		h := hit{p.row, uint16(p.traits.own() + p.traits.place().cost()), uint8(len(lists))}
		for n, list := range lists[1:] {
			i := seek(list, at[n+1], p.row)
			if at[n+1] = i; i == len(list) || list[i].row != p.row {
				continue nextFood
			}
			h.cost += uint16(list[i].traits.place().cost())
		}
		hits = append(hits, h)
	}
	return hits
}

// seek returns the first index from at on whose row is not below row. It doubles its steps, as a much shorter list leaves much out.
func seek(list []posting, at int, row uint32) int {
	step := 1
	for at+step < len(list) && list[at+step].row < row {
		at += step
		step *= 2
	}
	end := min(len(list), at+step+1)
	for at < end {
		if mid := (at + end) / 2; list[mid].row < row {
			at = mid + 1
		} else {
			end = mid
		}
	}
	return at
}

// mostly returns the foods that are in more lists than others are.
func mostly(lists [][]posting) []hit {
	var all []hit
	most := uint8(0)
	at := make([]int, len(lists))
	for {
		row := ^uint32(0)
		for n, list := range lists {
			if at[n] < len(list) {
				row = min(row, list[at[n]].row)
			}
		}
		if row == ^uint32(0) {
			break
		}
		h := hit{row: row}
		for n, list := range lists {
			if at[n] == len(list) || list[at[n]].row != row {
				continue
			}
			t := list[at[n]].traits
			if h.words == 0 {
				h.cost = uint16(t.own())
			}
			h.cost += uint16(t.place().cost())
			h.words++
			at[n]++
		}
		if h.words >= most {
			most = h.words
			all = append(all, h)
		}
	}
	return slices.DeleteFunc(all, func(h hit) bool { return h.words < most })
}

// best returns the rows of the hits from offset on, at most limit, in the order of their costs. Costs are small numbers, so it counts
// in place of sorting.
func best(hits []hit, offset, limit int) []uint32 {
	if offset >= len(hits) || limit <= 0 {
		return nil
	}
	var counts []int
	for _, h := range hits {
		for int(h.cost) >= len(counts) {
			counts = append(counts, 0)
		}
		counts[h.cost]++
	}
	starts, sum := make([]int, len(counts)), 0
	for cost, n := range counts {
		starts[cost] = sum
		sum += n
	}
	rows := make([]uint32, min(limit, len(hits)-offset))
	for _, h := range hits {
		if i := starts[h.cost] - offset; i >= 0 && i < len(rows) {
			rows[i] = h.row
		}
		starts[h.cost]++
	}
	return rows
}
