// Program import measures how fast recordings are imported into SQLite, with and
// without keeping their files, beside the decoding of the same files alone, which
// any importer has to do. All run in turns, so that the ratios hold on a noisy machine.
//
//	go run ./bench/import [--json] [--rounds 5] [FILE, FOLDER OR ARCHIVE]
//
// Without a path it takes the sample athlete's year.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/activityfile"
	"github.com/pierre-mcp/pierre/internal/demoathlete"
	"github.com/pierre-mcp/pierre/internal/importer"
	"github.com/pierre-mcp/pierre/internal/store"
	"github.com/pierre-mcp/pierre/internal/training"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/import:", err)
		os.Exit(1)
	}
}

// A result is what was measured. Rates are medians, in MB (10⁶ bytes on disk) per second.
type result struct {
	Bytes          int64   `json:"bytes"`
	Activities     int     `json:"activities"`
	Samples        int     `json:"samples"`
	DecodeRate     float64 `json:"decode_mb_per_s"`
	ImportRate     float64 `json:"import_mb_per_s"`
	AgainRate      float64 `json:"again_mb_per_s"` // everything is a duplicate
	Ratio          float64 `json:"import_to_decode"`
	DatabaseBytes  int64   `json:"database_bytes"`
	BytesPerSample float64 `json:"database_bytes_per_sample"`

	// With --keep-originals.
	KeepRate      float64 `json:"keep_mb_per_s"`
	KeepRatio     float64 `json:"keep_to_import"`
	KeptFiles     int64   `json:"kept_files"`
	KeptBytes     int64   `json:"kept_bytes"`   // as they are
	PackedBytes   int64   `json:"packed_bytes"` // as they are kept
	KeepDatabase  int64   `json:"keep_database_bytes"`
	ActivityBytes float64 `json:"packed_bytes_per_activity"`
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("bench/import", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	rounds := flags.Int("rounds", 5, "how often each is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "pierre-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	path := flags.Arg(0)
	if path == "" {
		path = filepath.Join(temp, "athlete")
		if _, err := demoathlete.Write(path, demoathlete.Options{}); err != nil {
			return err
		}
	}
	r, err := measure(ctx, path, temp, *rounds)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintf(stdout, "import %.1f MB/s, decoding alone %.1f MB/s, import/decode %.2f; everything again %.1f MB/s\n"+
		"(%.1f MB with %d activities of %d samples; the database takes %.1f bytes per sample)\n"+
		"keeping the files: import %.1f MB/s, keep/import %.2f; %d files of %.1f MB take %.1f MB (%.2f : 1), %.0f bytes an activity; the database has %.1f MB, without them %.1f\n",
		r.ImportRate, r.DecodeRate, r.Ratio, r.AgainRate, float64(r.Bytes)/1e6, r.Activities, r.Samples, r.BytesPerSample,
		r.KeepRate, r.KeepRatio, r.KeptFiles, float64(r.KeptBytes)/1e6, float64(r.PackedBytes)/1e6, float64(r.KeptBytes)/float64(max(1, r.PackedBytes)), r.ActivityBytes,
		float64(r.KeepDatabase)/1e6, float64(r.DatabaseBytes)/1e6)
	return err
}

func measure(ctx context.Context, path, temp string, rounds int) (result, error) {
	var r result
	var decode, first, again, ratio, keep, keepRatio []float64
	var err error
	if r.Bytes, err = sizeOf(path); err != nil {
		return r, err
	}
	rate := func(took time.Duration) float64 { return float64(r.Bytes) / 1e6 / took.Seconds() }
	for n := range rounds {
		alone, err := r.decode(ctx, path)
		if err != nil {
			return r, err
		}
		fresh, known, err := r.importTwice(ctx, path, filepath.Join(temp, fmt.Sprintf("%d.db", n)), false)
		if err != nil {
			return r, err
		}
		kept, _, err := r.importTwice(ctx, path, filepath.Join(temp, fmt.Sprintf("%d-kept.db", n)), true)
		if err != nil {
			return r, err
		}
		keep, keepRatio = append(keep, rate(kept)), append(keepRatio, fresh.Seconds()/kept.Seconds())
		decode, first, again = append(decode, rate(alone)), append(first, rate(fresh)), append(again, rate(known))
		ratio = append(ratio, alone.Seconds()/fresh.Seconds())
	}
	r.KeepRate, r.KeepRatio = median(keep), median(keepRatio)
	r.ActivityBytes = float64(r.PackedBytes) / float64(max(1, r.Activities))
	r.DecodeRate, r.ImportRate, r.AgainRate, r.Ratio = median(decode), median(first), median(again), median(ratio)
	r.BytesPerSample = float64(r.DatabaseBytes) / float64(max(1, r.Samples))
	return r, nil
}

func (r *result) decode(ctx context.Context, path string) (time.Duration, error) {
	start := time.Now()
	src, err := activityfile.Open(path)
	if err != nil {
		return 0, err
	}
	r.Samples = 0
	err = activityfile.Walk(ctx, src, activityfile.Options{}, func(res activityfile.Result) error {
		for _, rec := range res.Recordings {
			r.Samples += len(rec.Series.Time)
		}
		return nil
	})
	return time.Since(start), errors.Join(err, src.Close())
}

// importTwice imports into a new database, and once more into the same.
func (r *result) importTwice(ctx context.Context, path, db string, keep bool) (fresh, known time.Duration, err error) {
	s, err := store.OpenSQLite(db)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, s.Close())
		if info, serr := os.Stat(db); serr == nil {
			size := &r.DatabaseBytes
			if keep {
				size = &r.KeepDatabase
			}
			*size = info.Size() // after Close has emptied the write-ahead log
		}
	}()
	if _, err := s.Migrate(ctx); err != nil {
		return 0, 0, err
	}
	user, err := s.EnsureUser(ctx, "ana@example.com", time.Now())
	if err != nil {
		return 0, 0, err
	}
	coach := training.New(s, time.Now, slog.New(slog.DiscardHandler), training.Options{})
	i := importer.New(s, time.Now, importer.Options{Digests: coach, KeepOriginals: keep}) // as a server has it
	start := time.Now()
	sum, err := i.ImportPath(ctx, user.ID, path, importer.Watch{})
	if err != nil {
		return 0, 0, err
	}
	fresh = time.Since(start)
	r.Activities = sum.Activities
	if keep {
		n, err := s.Originals(ctx)
		if err != nil {
			return 0, 0, err
		}
		r.KeptFiles, r.KeptBytes, r.PackedBytes = n.Files, n.Bytes, n.Packed
	}
	start = time.Now()
	_, err = i.ImportPath(ctx, user.ID, path, importer.Watch{})
	return fresh, time.Since(start), err
}

func sizeOf(path string) (int64, error) {
	var size int64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
