package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/food/usda"
	"github.com/pierre-mcp/pierre/internal/human"
)

// foodFileName is the file of foods in the data folder, if nothing else is said.
const foodFileName = "food.db"

func newFood(c *config, w cli.World) *cobra.Command {
	food := &cobra.Command{
		Use:   "food",
		Short: "Prepare the file of foods that the server searches",
		Args:  cli.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	food.AddCommand(newFoodImport(c, w))
	return food
}

func newFoodImport(c *config, w cli.World) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Make the file of foods from downloads of USDA FoodData Central",
		Long: `Make the file of foods from downloads of USDA FoodData Central, which are at
https://fdc.nal.usda.gov/download-datasets: JSON or CSV, of one kind or of all, as they
come or unpacked. The file is --food-file, or food.db in the data folder. It takes the
place of the one that is there when it is whole; servers read it from their next start.
Several servers have a copy each. The server opens it with --food-file.`,
		Example: `  pierre-mcp-server food import FoodData_Central_foundation_food_json_2025-04-24.zip FoodData_Central_sr_legacy_food_json_2018-04.zip
  pierre-mcp-server food import --food-file /srv/pierre/food.db FoodData_Central_csv_2025-04-24.zip`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(files) == 0 {
				return cli.Usagef("food import needs the path of a file of FoodData Central")
			}
			if err := c.load(); err != nil {
				return err
			}
			for _, file := range files {
				if _, err := os.Stat(file); err != nil { // before anything is read
					return cli.Usagef("there is no file or folder %s", file)
				}
			}
			return c.importFoods(cmd.Context(), w, files, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

func (c *config) importFoods(ctx context.Context, w cli.World, files []string, asJSON bool) error {
	to := c.foodFile
	if to == "" {
		to = filepath.Join(c.dataDir, foodFileName)
		if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
			return err
		}
	}
	report, err := usda.Import(ctx, to, files, time.Now, foodProgress(w.Stderr, time.Now))
	if err != nil {
		return err
	}
	if asJSON {
		return cli.WriteJSON(w.Stdout, report)
	}
	var kinds []string
	for _, k := range food.Kinds() {
		if n := report.Counts[k]; n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s %s", human.Count(n), k))
		}
	}
	var size int64
	if info, err := os.Stat(to); err == nil {
		size = info.Size()
	}
	_, err = fmt.Fprintf(w.Stdout, "%s in %s, %s: %s\n", human.Plural(report.Foods(), "food"), to, human.Bytes(size), strings.Join(kinds, ", "))
	return errors.Join(err, sayLeftOut(w.Stdout, report), sayFoodFile(w.Stdout, c.foodFile, to))
}

// sayLeftOut says what of the files is not in the file of foods.
func sayLeftOut(w io.Writer, r usda.Report) error {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{r.Twice, "that came again or have a newer version"}, {r.Unusable, "without a number or a name"}} {
		if p.n > 0 {
			parts = append(parts, human.Plural(p.n, "food")+" "+p.what)
		}
	}
	if r.Impossible > 0 {
		parts = append(parts, human.Plural(r.Impossible, "value")+" that cannot be")
	}
	if len(parts) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "left out: %s\n", strings.Join(parts, ", "))
	return err
}

func sayFoodFile(w io.Writer, given, path string) error {
	if given != "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "start the server with --food-file %s\n", path)
	return err
}

// foodProgress writes a line from time to time.
func foodProgress(w io.Writer, now func() time.Time) func(usda.Progress) {
	const every = 5 * time.Second
	last := now()
	return func(p usda.Progress) {
		if now().Sub(last) < every {
			return
		}
		last = now()
		share := ""
		if p.Of > 0 {
			share = fmt.Sprintf(" (%d %%)", min(100, 100*p.Bytes/p.Of))
		}
		_, _ = fmt.Fprintf(w, "read %s%s, %s\n", human.Bytes(p.Bytes), share, human.Plural(p.Foods, "food")) // who looks on is of no matter to the import
	}
}

// openFoods opens the file of foods, if there is one.
func (a *app) openFoods(ctx context.Context, c *config) error {
	if c.foodFile == "" {
		return nil
	}
	var err error
	if a.foods, err = food.Open(ctx, c.foodFile); err != nil {
		return cli.Usage(fmt.Errorf("%s: %s: %w; pierre-mcp-server food import makes it", c.settings.Source("food-file"), c.foodFile, err))
	}
	return nil
}

// closeFoods closes it.
func (a *app) closeFoods() error {
	if a.foods == nil {
		return nil
	}
	return a.foods.Close()
}
