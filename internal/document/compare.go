package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var number = regexp.MustCompile(`[0-9]+`)

// CompareOutput demands that each line of shown stands in printed, in this order. "…" is anything, any number is like any
// other, and spaces at the ends of lines count for nothing.
func CompareOutput(shown, printed string) error {
	rest := strings.Split(strings.TrimRight(printed, "\n"), "\n")
	for line := range strings.SplitSeq(strings.Trim(shown, "\n"), "\n") {
		like := pattern(line)
		found := false
		for len(rest) > 0 && !found {
			found = like.MatchString(normal(rest[0]))
			rest = rest[1:]
		}
		if !found {
			return fmt.Errorf("%q is not in the output, or not behind the line before it:\n%s", line, printed)
		}
	}
	return nil
}

// pattern is what a line that is shown stands for.
func pattern(line string) *regexp.Regexp {
	parts := strings.Split(normal(line), "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
}

// normal is a line with all numbers alike.
func normal(line string) string {
	return number.ReplaceAllString(strings.ToValidUTF8(strings.TrimRight(line, " \r\t"), "?"), "0")
}

// CompareAnswer demands that shown and printed have the same members and types. With part, printed may have more members. Of
// a list, each element that is shown is like one that was printed. A printed value may be anything where null is shown.
// If printed is not one JSON text, its last line is.
func CompareAnswer(shown, printed string, part bool) error {
	want, err := decode(shown)
	if err != nil {
		return fmt.Errorf("what is shown is no JSON: %w", err)
	}
	got, err := decode(printed)
	if err != nil {
		lines := strings.Split(strings.TrimSpace(printed), "\n")
		if got, err = decode(lines[len(lines)-1]); err != nil {
			return fmt.Errorf("what was printed is no JSON: %w\n%s", err, printed)
		}
	}
	if err := compare("", want, got, part); err != nil {
		return fmt.Errorf("%w\n%s", err, printed)
	}
	return nil
}

func decode(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON text")
	}
	return v, nil
}

func compare(path string, want, got any, part bool) error {
	switch want := want.(type) {
	case nil:
		return nil
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return compareObjects(path, want, got, part)
		}
	case []any:
		if got, ok := got.([]any); ok {
			return compareLists(path, want, got, part)
		}
	default:
		if fmt.Sprintf("%T", want) == fmt.Sprintf("%T", got) {
			return nil
		}
	}
	return fmt.Errorf("%s: %T is shown, and %T was printed", path, want, got)
}

func compareObjects(path string, want, got map[string]any, part bool) error {
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			return fmt.Errorf("%s.%s is shown and was not printed", path, name)
		}
		if err := compare(path+"."+name, w, g, part); err != nil {
			return err
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !part {
			return fmt.Errorf("%s.%s was printed and is not shown", path, name)
		}
	}
	return nil
}

func compareLists(path string, want, got []any, part bool) error {
	for i, w := range want {
		err := fmt.Errorf("%s[%d] is shown, and nothing like it was printed", path, i)
		for _, g := range got {
			differs := compare(fmt.Sprintf("%s[%d]", path, i), w, g, part)
			if differs == nil {
				err = nil
				break
			}
			err = differs
		}
		if err != nil {
			return err
		}
	}
	return nil
}
