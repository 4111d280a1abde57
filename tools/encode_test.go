//go:build !race

package tools

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

type said struct {
	Value float64 `json:"value"`

	words string
}

func (s said) text() string { return s.words }

// Whatever slips through, no answer leaves with a number that is NaN or infinite.
func TestEncodeRefusesWhatIsNoNumber(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for name, a := range map[string]said{
			"structured": {v, "fine"},
			"plain":      {1, "it is " + plain(v)},
			"fixed":      {1, fixed(v, 1) + " W"},
			"signed":     {1, signed(v, 1) + " %"},
			"clock":      {1, clockTime(v)},
			"distance":   {1, kilometres(v)},
		} {
			if res, err := encode(a); err == nil {
				t.Errorf("%v in the form %s leaves as %v", v, name, res)
			}
		}
		if rounded(v, 1) != nil {
			t.Errorf("%v is rounded to %v", v, *rounded(v, 1))
		}
	}
	if _, err := encode(said{1, shorten("a NaN bread "+notANumber+"+Inf", 40)}); err != nil {
		t.Errorf("words that look like numbers are refused: %v", err)
	}
}

func TestTextOfNumbers(t *testing.T) {
	for got, want := range map[string]string{
		plain(0.1 + 0.2): "0.3", plain(1e300): "1e+300", fixed(2.345, 1): "2.3", signed(2, 1): "+2.0", signed(-2, 0): "-2",
		clockTime(3661.4): "1:01:01", clockTime(-61): "-0:01:01", clockTime(1e300): "1e+300 s", kilometres(1234): "1.23 km",
		plain(*rounded(1e308, 3)): "1e+308", plain(*rounded(-0.0001, 2)): "0",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Numbers reach a text through the functions that refuse what is none, never through a verb for floats.
func TestNoVerbForFloatsInTexts(t *testing.T) {
	verb := regexp.MustCompile(`%[-+ #0-9.]*[eEfFgG]\b`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "text.go" {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		line := 0
		for s := bufio.NewScanner(f); s.Scan(); {
			if line++; verb.MatchString(s.Text()) {
				t.Errorf("%s:%d writes a number past plain and fixed: %s", name, line, strings.TrimSpace(s.Text()))
			}
		}
	}
}
