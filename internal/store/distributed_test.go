package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Distributed databases that speak PostgreSQL's language lack some of what it has. The queries and migrations do without;
// where they do not, the file is named here and docs/SCALING.md says what that means.
func TestQueriesUseWhatDistributedDatabasesHave(t *testing.T) {
	lacking := map[string][]string{
		`pg_(try_)?advisory_`:                nil,
		`\block table\b`:                     {"partitions.go"}, // where there are partitions
		`\bpartition by range\b`:             {"partitions.go"}, // where there are partitions; calls are one table elsewhere
		`\b(pg_notify|listen|unlisten)\b`:    {"notify.go"},     // saves time, and nothing depends on it
		`\bcreate (constraint )?trigger\b`:   {"00011_schema.sql", "00015_audit_chain.sql"},
		`\blanguage plpgsql\b`:               {"00011_schema.sql"}, // for the triggers
		`\bcreate (local |global )?temp`:     nil,
		`\b(prepare|deallocate) [a-z_]+`:     nil,
		`\bdeferrable\b`:                     nil,
		`\bexclude using\b`:                  nil,
		`\binherits\b`:                       nil,
		`\bcreate (extension|domain|rule)\b`: nil,
		`\bdeclare [a-z_]+ cursor\b`:         nil,
		`\b(ctid|xmin|xmax)\b`:               nil,
		`\bmerge into\b`:                     nil,
		`\b(grouping sets|cube|rollup) ?\(`:  nil,
		`\btablesample\b`:                    nil,
		`\bsavepoint\b`:                      nil,
	}
	comment := regexp.MustCompile(`(?m)(^|\s)(--|//).*$`)
	var files []string
	for _, pattern := range []string{"*.go", "../sqldb/*.go", "migrations/postgres/*.sql"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 60 {
		t.Fatalf("only %d files were found", len(files))
	}
	used := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := comment.ReplaceAllString(strings.ToLower(string(raw)), "")
		for feature := range lacking {
			if regexp.MustCompile(feature).MatchString(text) {
				used[feature] = append(used[feature], filepath.Base(file))
			}
		}
	}
	for feature, known := range lacking {
		slices.Sort(used[feature])
		if !slices.Equal(used[feature], known) {
			t.Errorf("%s is used by %q, known are %q", feature, used[feature], known)
		}
	}
}
