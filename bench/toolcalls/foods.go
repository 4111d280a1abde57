package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pierre-mcp/pierre/internal/food"
)

// foodsOf is how many foods the file has that tools search: a tenth of what USDA lists, whose search bench_test.go of package food measures.
const foodsOf = 30_000

// A foodFile is a file of foods, in a folder of its own.
type foodFile struct {
	*food.File

	dir string
}

// makeFoods makes a file of n foods.
func makeFoods(ctx context.Context, n int) (*foodFile, error) {
	dir, err := os.MkdirTemp("", "pierre-bench-foods-")
	if err != nil {
		return nil, err
	}
	p := &foodFile{dir: dir}
	if p.File, err = writeFoods(ctx, filepath.Join(dir, "food.db"), n); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

func writeFoods(ctx context.Context, path string, n int) (*food.File, error) {
	b, err := food.NewBuilder(ctx, path)
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // what it has is finished, or of no use
	words := []string{"Banana", "Milk", "Oat", "Rice", "Cheese", "Bread", "Apple", "Cocoa", "Bean", "Beef", "Tomato"}
	for i := range n {
		f := food.Food{ID: food.ID(i + 1), Kind: food.Branded, Brand: fmt.Sprintf("Brand %d", i%3000), Description: fmt.Sprintf("%s %s %d", words[i%len(words)], words[i/len(words)%len(words)], i)}
		for _, id := range []food.NutrientID{food.Energy, food.Protein, food.Fat, food.Carbohydrate, food.Fiber, food.Sugars, food.Sodium} {
			f.Amounts = append(f.Amounts, food.Amount{Nutrient: id, Value: float64(i % 20), Source: food.Labelled})
		}
		if _, err := b.Add(ctx, f); err != nil {
			return nil, err
		}
	}
	if _, err := b.Finish(ctx, nil, now()); err != nil {
		return nil, err
	}
	return food.Open(ctx, path)
}

func (p *foodFile) close() error { return errors.Join(p.Close(), os.RemoveAll(p.dir)) }
