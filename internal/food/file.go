package food

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/sqldb"
)

// A File is a file of foods that is open. It is safe for concurrent use.
type File struct {
	db   *sql.DB
	made Made
}

// ErrNoFile means that a file is none of foods, or of another version of the program.
var ErrNoFile = errors.New("it is no file that this program's food import made")

// Open opens the file at path. Its error is [ErrNoFile], or one of the file system.
func Open(ctx context.Context, path string) (*File, error) {
	db, err := sqldb.OpenReading(ctx, path)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoFile, err)
	}
	f := &File{db: db}
	if err := f.load(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return f, nil
}

func (f *File) load(ctx context.Context) error {
	var is, format int
	if f.db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&is) != nil || is != application {
		return ErrNoFile
	}
	if f.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&format) != nil || format != version {
		return fmt.Errorf("%w: it has version %d, not %d; import the foods again", ErrNoFile, format, version)
	}
	var meta string
	if err := f.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'made'`).Scan(&meta); err != nil {
		return fmt.Errorf("reading what the file of foods consists of: %w", err)
	}
	if err := json.Unmarshal([]byte(meta), &f.made); err != nil {
		return fmt.Errorf("reading what the file of foods consists of: %w", err)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }

// Made says what the file consists of.
func (f *File) Made() Made { return f.made }

const (
	selectFoods = `SELECT row, fdc_id, kind, description, brand, category, published, liquid, amounts, portions FROM food WHERE `
	ofIDs       = selectFoods + `fdc_id IN (SELECT value FROM json_each(?1))`
	ofRows      = selectFoods + `row IN (SELECT value FROM json_each(?1))`
)

// Foods returns the foods of the IDs that the file has, in no order.
func (f *File) Foods(ctx context.Context, ids []ID) ([]Food, error) {
	byRow, err := query(ctx, f.db, ofIDs, ids)
	foods := make([]Food, 0, len(byRow))
	for _, one := range byRow {
		foods = append(foods, one)
	}
	return foods, err
}

// Food returns a food.
func (f *File) Food(ctx context.Context, id ID) (Food, error) {
	foods, err := f.Foods(ctx, []ID{id})
	if err != nil {
		return Food{}, err
	}
	if len(foods) == 0 {
		return Food{}, pierre.NotFound(fmt.Sprintf("food %d", id))
	}
	return foods[0], nil
}

// query returns the foods that a query finds by numbers, by their rows.
func query[N ~int64 | ~uint32](ctx context.Context, db *sql.DB, text string, numbers []N) (map[uint32]Food, error) {
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, fmt.Errorf("reading foods: %w", err)
	}
	rows, err := db.QueryContext(ctx, text, string(list))
	if err != nil {
		return nil, fmt.Errorf("reading foods: %w", err)
	}
	defer rows.Close()
	foods := map[uint32]Food{}
	for rows.Next() {
		var row uint32
		var kind int
		var one Food
		var amounts []byte
		var portions string
		if err := rows.Scan(&row, &one.ID, &kind, &one.Description, &one.Brand, &one.Category, &one.Published, &one.Liquid, &amounts, &portions); err != nil {
			return nil, fmt.Errorf("reading foods: %w", err)
		}
		if kind < 0 || kind >= len(Kinds()) {
			continue
		}
		one.Kind, one.Amounts, one.Portions = Kinds()[kind], decodeAmounts(amounts), decodePortions(portions)
		foods[row] = one
	}
	return foods, rows.Err()
}
