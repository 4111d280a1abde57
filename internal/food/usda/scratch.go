package usda

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A scratch is a file of what tables say of foods, by the foods' numbers: parts, each of some bytes. Those of a food are gathered in
// memory and written in the order of the numbers, in so many runs as memory makes necessary.
type scratch struct {
	db      *sql.DB
	tx      *sql.Tx
	folder  string
	pending map[int64][]byte
	size    int
	memory  int // from which size on it is written
	run     int
}

const (
	mostScratch = 32 << 20 // bytes of memory, about
	foodCost    = 100      // of a food beside its parts
	mostParts   = 1 << 16  // bytes of one food's parts in one run
)

func newScratch(ctx context.Context, folder string, memory int) (*scratch, error) {
	dir, err := os.MkdirTemp(folder, ".foods-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("making a scratch file: %w", err)
	}
	s := &scratch{folder: dir, memory: memory, pending: map[int64][]byte{}}
	if s.db, err = sqldb.OpenBuilding(ctx, filepath.Join(dir, "scratch.db")); err == nil {
		_, err = s.db.ExecContext(ctx, `
			CREATE TABLE part (fdc_id INTEGER NOT NULL, run INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (fdc_id, run)) WITHOUT ROWID;
			CREATE TABLE product (code TEXT PRIMARY KEY, fdc_id INTEGER NOT NULL) WITHOUT ROWID;
			CREATE TABLE older (fdc_id INTEGER PRIMARY KEY)`)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a scratch file: %w", err), s.close())
	}
	return s, nil
}

func (s *scratch) close() error {
	var err error
	if s.tx != nil {
		err = s.tx.Rollback()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// add adds a part of a food.
func (s *scratch) add(ctx context.Context, id int64, part []byte) error {
	if id <= 0 {
		return nil
	}
	before := s.pending[id]
	if before == nil {
		s.size += foodCost
	}
	if len(before)+len(part) > mostParts {
		return nil
	}
	after := append(before, part...)
	s.size += cap(after) - cap(before)
	s.pending[id] = after
	if s.size < s.memory {
		return nil
	}
	return s.flush(ctx)
}

func (s *scratch) begin(ctx context.Context) (err error) {
	if s.tx == nil {
		s.tx, err = s.db.BeginTx(ctx, nil)
	}
	return err
}

// flush writes the parts in memory.
func (s *scratch) flush(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.pending)) {
		if _, err := s.tx.ExecContext(ctx, `INSERT INTO part (fdc_id, run, data) VALUES (?1, ?2, ?3)`, id, s.run, s.pending[id]); err != nil {
			return fmt.Errorf("writing a scratch file: %w", err)
		}
	}
	s.pending, s.size = map[int64][]byte{}, 0
	s.run++
	err := s.tx.Commit()
	s.tx = nil
	return err
}

// version notes which food a product's code (GTIN) stands for: the tables have all versions of it, of which the newest has the
// greatest number.
func (s *scratch) version(ctx context.Context, code string, id int64) error {
	if code == "" || len(code) > 40 || id <= 0 {
		return nil
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	var known int64
	err := s.tx.QueryRowContext(ctx, `SELECT fdc_id FROM product WHERE code = ?1`, code).Scan(&known)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && known < id:
		_, err = s.tx.ExecContext(ctx, `INSERT OR REPLACE INTO product (code, fdc_id) VALUES (?1, ?2)`, code, id)
	case err == nil:
		known = id
	}
	if err == nil && known > 0 {
		_, err = s.tx.ExecContext(ctx, `INSERT OR IGNORE INTO older (fdc_id) VALUES (?1)`, known)
	}
	if err != nil {
		return fmt.Errorf("writing a scratch file: %w", err)
	}
	return nil
}

// superseded reports whether there is a newer version of a product.
func (s *scratch) superseded(ctx context.Context, f food.Food) (bool, error) {
	if f.Kind != food.Branded {
		return false, nil
	}
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM older WHERE fdc_id = ?1`, int64(f.ID)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("reading a scratch file: %w", err)
	}
	return n > 0, nil
}

// The first byte of a part says what it is of; then its length follows, and its bytes.
const (
	ofNutrient = 'n'
	ofPortion  = 'p'
	ofLabel    = 'l'
)

func makePart(of byte, content []byte) []byte {
	part := binary.AppendUvarint([]byte{of}, uint64(len(content)))
	return append(part, content...)
}

func nutrientPart(id food.NutrientID, value float64, derivation string) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(id))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(value))
	return makePart(ofNutrient, append(b, derivation[:min(1, len(derivation))]...))
}

func portionPart(p food.Portion) []byte {
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(p.Amount))
	return makePart(ofPortion, append(b, p.Name[:min(len(p.Name), 200)]...))
}

func labelPart(l label) []byte {
	if math.IsNaN(l.Serving) || math.IsInf(l.Serving, 0) {
		l.Serving = 0
	}
	b, err := json.Marshal(l)
	if err != nil {
		b = []byte("{}") // it has texts and a finite number, which encode
	}
	return makePart(ofLabel, b)
}

// parts adds to the food what there is of it.
func (s *scratch) parts(ctx context.Context, f *food.Food, im *imports, j joined) error {
	rows, err := s.db.QueryContext(ctx, `SELECT data FROM part WHERE fdc_id = ?1 ORDER BY run`, int64(f.ID))
	if err != nil {
		return fmt.Errorf("reading a scratch file: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return fmt.Errorf("reading a scratch file: %w", err)
		}
		for len(data) > 1 {
			length, n := binary.Uvarint(data[1:])
			of, content := data[0], data[1+n:][:length]
			data = data[1+n:][length:]
			im.part(f, of, content, j)
		}
	}
	return rows.Err()
}

// part adds one part to the food.
func (im *imports) part(f *food.Food, of byte, content []byte, j joined) {
	switch of {
	case ofNutrient:
		id := food.NutrientID(binary.BigEndian.Uint16(content))
		value := math.Float64frombits(binary.BigEndian.Uint64(content[2:]))
		f.Amounts = im.take(f.Amounts, id, value, j.units[int64(id)], string(content[10:]))
	case ofPortion:
		f.Portions = append(f.Portions, food.Portion{Name: string(content[8:]), Amount: math.Float64frombits(binary.BigEndian.Uint64(content))})
	case ofLabel:
		var l label
		if json.Unmarshal(content, &l) == nil {
			l.onto(f)
		}
	}
}
