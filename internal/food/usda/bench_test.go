package usda_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"

	"github.com/pierre-mcp/pierre/internal/food/usda"
)

// BenchmarkImport imports documents and tables of so many products. What it holds in memory must not grow with them.
func BenchmarkImport(b *testing.B) {
	for _, foods := range []int{10_000, 100_000} {
		for name, write := range map[string]func(*testing.B, int) string{"json": jsonProducts, "csv": csvProducts} {
			b.Run(fmt.Sprintf("%s/%d", name, foods), func(b *testing.B) {
				path := write(b, foods)
				heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
				most := uint64(0)
				for b.Loop() {
					report, err := usda.Import(b.Context(), filepath.Join(b.TempDir(), "food.db"), []string{path}, now, func(usda.Progress) {
						metrics.Read(heap)
						most = max(most, heap[0].Value.Uint64())
					})
					if err != nil || report.Foods() != foods {
						b.Fatal(report, err)
					}
				}
				b.ReportMetric(float64(most)/(1<<20), "heap-MB")
				b.ReportMetric(float64(foods*b.N)/b.Elapsed().Seconds(), "foods/s")
			})
		}
	}
}

func jsonProducts(b *testing.B, n int) string {
	return writeTo(b, filepath.Join(b.TempDir(), "branded.json"), func(w *bufio.Writer) {
		fmt.Fprint(w, `{"BrandedFoods":[`)
		for i := range n {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			fmt.Fprintf(w, `{"fdcId":%d,"dataType":"Branded","description":"MUESLI BAR %d WITH W%dX AND W%dY","brandOwner":"Acme %d","servingSize":40,"servingSizeUnit":"g","ingredients":"OATS, SUGAR, PALM OIL, SALT","foodNutrients":[`, i+1, i%977, i%4001, i, i%3000)
			for k := range 15 {
				if k > 0 {
					fmt.Fprint(w, ",")
				}
				fmt.Fprintf(w, `{"type":"FoodNutrient","nutrient":{"id":%d,"number":"203","name":"Protein","rank":600,"unitName":"g"},"foodNutrientDerivation":{"code":"LCCS","description":"Calculated from value per serving size measure"},"id":%d,"amount":%d.5}`, 1003+k, i*15+k, k)
			}
			fmt.Fprint(w, "]}")
		}
		fmt.Fprint(w, "]}")
	})
}

func csvProducts(b *testing.B, n int) string {
	dir := b.TempDir()
	writeTo(b, filepath.Join(dir, "food.csv"), func(w *bufio.Writer) {
		fmt.Fprintln(w, "fdc_id,data_type,description,food_category_id,publication_date")
		for i := range n {
			fmt.Fprintf(w, "%d,branded_food,MUESLI BAR %d WITH W%dX AND W%dY,Bars,2023-01-01\n", i+1, i%977, i%4001, i)
		}
	})
	writeTo(b, filepath.Join(dir, "branded_food.csv"), func(w *bufio.Writer) {
		fmt.Fprintln(w, "fdc_id,brand_owner,gtin_upc,ingredients,serving_size,serving_size_unit")
		for i := range n {
			fmt.Fprintf(w, "%d,Acme %d,%012d,\"OATS, SUGAR, PALM OIL, SALT\",40,g\n", i+1, i%3000, i)
		}
	})
	writeTo(b, filepath.Join(dir, "food_nutrient.csv"), func(w *bufio.Writer) {
		fmt.Fprintln(w, "id,fdc_id,nutrient_id,amount")
		for k := range 15 { // in the worst order: no food's values stand together
			for i := range n {
				fmt.Fprintf(w, "%d,%d,%d,%d.5\n", i*15+k, i+1, []int{1003, 1004, 1005, 1008, 1079, 1087, 1089, 1092, 1093, 1104, 1162, 1253, 1257, 1258, 2000}[k], k)
			}
		}
	})
	return dir
}

func writeTo(b *testing.B, path string, write func(*bufio.Writer)) string {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	write(w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}
