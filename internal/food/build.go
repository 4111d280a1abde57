package food

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pierre-mcp/pierre/internal/sqldb"
)

const (
	// application marks a file as one of foods, in its header (PRAGMA application_id): "PFOD".
	application = 0x50464F44
	// version is the format of the file (PRAGMA user_version).
	version = 1
)

const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE food (
	row INTEGER PRIMARY KEY, fdc_id INTEGER NOT NULL UNIQUE, kind INTEGER NOT NULL, description TEXT NOT NULL, brand TEXT NOT NULL,
	category TEXT NOT NULL, published TEXT NOT NULL, liquid INTEGER NOT NULL, amounts BLOB NOT NULL, portions TEXT NOT NULL
);
CREATE TABLE posting (word TEXT NOT NULL, run INTEGER NOT NULL, foods INTEGER NOT NULL, list BLOB NOT NULL);`

// Limits of what a food may have: more is cut off.
const (
	mostDescription = 300 // bytes
	mostBrand       = 100
	mostCategory    = 100
	mostPortionName = 80
	mostPortions    = 20
	mostAmounts     = 100
	// MostFoods is how many foods a file may have.
	MostFoods = 10_000_000
)

const (
	batch     = 5000     // foods in a transaction
	mostLists = 32 << 20 // bytes of lists in memory, about, before they go to the file
	wordCost  = 160      // bytes of memory that a word takes beside its list, about
)

// A Made says what a file consists of.
type Made struct {
	At     time.Time    `json:"at"`    // when it was made
	Files  []string     `json:"files"` // of what
	Newest string       `json:"newest"`
	Counts map[Kind]int `json:"counts"`
}

// Foods is how many there are.
func (m Made) Foods() int {
	n := 0
	for _, c := range m.Counts {
		n += c
	}
	return n
}

// A Builder makes a file. It needs little memory, however many foods there are.
type Builder struct {
	db    *sql.DB
	path  string // of the file that becomes the one at final
	final string
	tx    *sql.Tx
	rows  uint32
	inTx  int
	lists map[string]*postingList
	size  int // of lists
	most  int // from which size on lists are written
	run   int
	made  Made
}

// NewBuilder begins a file that [Builder.Finish] puts in the place of the one at path, if any. [Builder.Close] is called in any case.
func NewBuilder(ctx context.Context, path string) (*Builder, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.new")
	if err != nil {
		return nil, fmt.Errorf("making the file of foods: %w", err)
	}
	b := &Builder{path: tmp.Name(), final: path, lists: map[string]*postingList{}, most: mostLists, made: Made{Counts: map[Kind]int{}}}
	if err := tmp.Close(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if b.db, err = sqldb.OpenBuilding(ctx, b.path); err == nil {
		_, err = b.db.ExecContext(ctx, schema)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the file of foods: %w", err), b.Close())
	}
	return b, nil
}

// Folder is where the file is made, which has room for what else is needed meanwhile.
func (b *Builder) Folder() string { return filepath.Dir(b.path) }

// Add adds a food, unless the file has one of its ID. What is too long of it is cut off.
func (b *Builder) Add(ctx context.Context, f Food) (added bool, err error) {
	if f.ID <= 0 || f.Kind.number() < 0 || strings.TrimSpace(f.Description) == "" {
		return false, nil
	}
	if b.rows == MostFoods {
		return false, fmt.Errorf("there are more than %d foods", MostFoods)
	}
	f = f.trimmed()
	portions, err := encodePortions(f.Portions)
	if err != nil {
		return false, fmt.Errorf("writing the portions of food %d: %w", f.ID, err)
	}
	if err := b.begin(ctx); err != nil {
		return false, err
	}
	done, err := b.tx.ExecContext(ctx, `INSERT OR IGNORE INTO food (row, fdc_id, kind, description, brand, category, published, liquid, amounts, portions)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		b.rows+1, f.ID, f.Kind.number(), f.Description, f.Brand, f.Category, f.Published, f.Liquid, encodeAmounts(f.Amounts), portions)
	if err != nil {
		return false, fmt.Errorf("writing food %d: %w", f.ID, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	b.rows++
	b.made.Counts[f.Kind]++
	b.made.Newest = max(b.made.Newest, f.Published)
	b.index(f)
	if b.inTx++; b.inTx < batch && b.size < b.most {
		return true, nil
	}
	return true, b.flush(ctx)
}

func (b *Builder) begin(ctx context.Context) (err error) {
	if b.tx == nil {
		b.tx, err = b.db.BeginTx(ctx, nil)
	}
	return err
}

// index adds the food's words to the lists.
func (b *Builder) index(f Food) {
	for w, t := range f.wordsIn() {
		l := b.lists[w]
		if l == nil {
			l = new(postingList)
			b.lists[w] = l
			b.size += wordCost
		}
		before := cap(l.bytes)
		l.add(posting{b.rows, t})
		b.size += cap(l.bytes) - before
	}
}

// flush ends a transaction, and takes the lists to the file when they are large.
func (b *Builder) flush(ctx context.Context) error {
	if b.size >= b.most {
		if err := b.flushLists(ctx); err != nil {
			return err
		}
	}
	if b.tx == nil {
		return nil
	}
	err := b.tx.Commit()
	b.tx, b.inTx = nil, 0
	return err
}

// flushLists writes the lists so far. A word has one list for each run.
func (b *Builder) flushLists(ctx context.Context) error {
	if err := b.begin(ctx); err != nil {
		return err
	}
	for _, w := range slices.Sorted(maps.Keys(b.lists)) {
		l := b.lists[w]
		if _, err := b.tx.ExecContext(ctx, `INSERT INTO posting (word, run, foods, list) VALUES (?1, ?2, ?3, ?4)`, w, b.run, l.count, l.bytes); err != nil {
			return fmt.Errorf("writing the foods with the word %q: %w", w, err)
		}
	}
	b.lists, b.size = map[string]*postingList{}, 0
	b.run++
	return nil
}

// Finish writes what is left and puts the file in its place. A server that has the old one open goes on reading that.
func (b *Builder) Finish(ctx context.Context, files []string, now time.Time) (Made, error) {
	b.made.At, b.made.Files = now.UTC().Truncate(time.Second), files
	meta, err := json.Marshal(b.made)
	if err != nil {
		return Made{}, err
	}
	if b.rows == 0 {
		return Made{}, errors.New("there are no foods in it")
	}
	err = b.flushLists(ctx)
	if err == nil {
		_, err = b.tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('made', ?1)`, string(meta))
	}
	if err == nil {
		err = b.flush(ctx)
	}
	if err == nil {
		_, err = b.db.ExecContext(ctx, fmt.Sprintf(`CREATE UNIQUE INDEX posting_word ON posting (word, run, foods);
			PRAGMA application_id = %d; PRAGMA user_version = %d`, application, version))
	}
	if err != nil {
		return Made{}, fmt.Errorf("finishing the file of foods: %w", err)
	}
	err = b.db.Close()
	if b.db = nil; err != nil {
		return Made{}, fmt.Errorf("closing the file of foods: %w", err)
	}
	return b.made, b.put()
}

// put takes the file to its place once all of it is on the disk. It has nothing that others must not read.
func (b *Builder) put() error {
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close(), os.Chmod(b.path, 0o644)) //nolint:gosec // public data, which servers of another user may read
	if err == nil {
		err = os.Rename(b.path, b.final)
	}
	if err != nil {
		return fmt.Errorf("putting the file of foods in its place: %w", err)
	}
	b.path = ""
	return nil
}

// Close ends the making; without [Builder.Finish] nothing is left of it.
func (b *Builder) Close() error {
	var err error
	if b.tx != nil {
		err = b.tx.Rollback()
	}
	if b.db != nil {
		err = errors.Join(err, b.db.Close())
	}
	if b.path != "" {
		err = errors.Join(err, os.Remove(b.path))
	}
	b.tx, b.db, b.path = nil, nil, ""
	return err
}

// trimmed returns the food with at most so much of each thing, as text that can be shown.
func (f Food) trimmed() Food {
	f.Description, f.Brand, f.Category = line(f.Description, mostDescription), line(f.Brand, mostBrand), line(f.Category, mostCategory)
	f.Amounts = f.Amounts[:min(len(f.Amounts), mostAmounts)]
	portions := make([]Portion, 0, min(len(f.Portions), mostPortions))
	for _, p := range f.Portions[:min(len(f.Portions), mostPortions)] {
		if name := line(p.Name, mostPortionName); name != "" && p.Amount > 0 && p.Amount <= mostPortion {
			portions = append(portions, Portion{name, p.Amount})
		}
	}
	f.Portions = portions
	return f
}

// mostPortion is the largest portion in g or ml.
const mostPortion = 50_000

// line makes one line of a text, of at most so many bytes.
func line(s string, most int) string {
	if len(s) > most {
		s = s[:most]
		for !utf8.ValidString(s) && len(s) > most-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
