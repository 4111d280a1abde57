package food_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/food"
)

// manyFoods calls add with n foods, of which most are products, with words as often as words are.
func manyFoods(n int, add func(food.Food)) {
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields(`banana chicken rice milk chocolate cheese beef apple organic original cream sauce bread butter peanut oil olive yogurt greek
		sweet potato salt roasted cookies chips tomato soup bean corn vanilla strawberry juice orange water tea coffee ice bar protein oat`)
	for i := range 4000 {
		words = append(words, fmt.Sprintf("w%dx", i))
	}
	zipf := rand.NewZipf(r, 1.2, 8, uint64(len(words)-1))
	for i := range n {
		var some []string
		for range 3 + r.IntN(8) {
			some = append(some, words[zipf.Uint64()])
		}
		f := food.Food{ID: food.ID(i + 1), Kind: food.Branded, Description: strings.ToUpper(strings.Join(some, " ")), Brand: fmt.Sprintf("Brand %d Foods, Inc.", r.IntN(3000))}
		if i%25 == 0 {
			f.Kind, f.Description, f.Brand = food.Legacy, strings.Join(some[:2], " ")+", "+strings.Join(some[2:], ", "), ""
		}
		for _, id := range []food.NutrientID{1003, 1004, 1005, 1008, 1079, 1087, 1089, 1092, 1093, 1104, 1162, 1253, 1257, 1258, 2000} {
			f.Amounts = append(f.Amounts, food.Amount{Nutrient: id, Value: float64(r.IntN(500)) / 10, Source: food.Labelled})
		}
		add(f)
	}
}

// BenchmarkSearch searches 300 000 foods, as many products as shops have.
func BenchmarkSearch(b *testing.B) {
	const foods = 300_000
	path := filepath.Join(b.TempDir(), "food.db")
	builder, err := food.NewBuilder(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer builder.Close()
	manyFoods(foods, func(f food.Food) {
		if _, err := builder.Add(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	})
	if _, err := builder.Finish(b.Context(), nil, time.Now()); err != nil {
		b.Fatal(err)
	}
	f, err := food.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for _, query := range []string{"banana", "chicken rice", "organic chocolate milk bar", "banana w77x", "foods inc", "ban", "w1", "tea w3999x w3998x soup"} {
		b.Run(query, func(b *testing.B) {
			var r food.Result
			for b.Loop() {
				if r, err = f.Search(b.Context(), food.Query{Text: query, Limit: 50}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.Total), "hits")
		})
	}
}
