package bridge

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLines(t *testing.T) {
	const limit = 100_000
	fits := strings.Repeat("x", limit)
	for _, tt := range []struct {
		name, in string
		want     []string // "!id" for a line over the limit
	}{
		{"nothing", "", nil},
		{"lines", "a\nb\n", []string{"a", "b"}},
		{"no ending", "a\nb", []string{"a", "b"}},
		{"CRLF, blanks and marks", "\xef\xbb\xbfa\r\n\r\n \t\n\xef\xbb\xbf\n b \n", []string{"a", "b"}},
		{"at the limit", fits + "\r\nb\n", []string{fits, "b"}},
		{"over the limit", fits + "x\nb\n", []string{"!", "b"}},
		{"over the limit at the end", "b\n" + fits + "x", []string{"b", "!"}},
		{"id at the end", `{"method":"m","params":"` + fits + `","jsonrpc":"2.0","id":17}` + "\nb", []string{"!17", "b"}},
		{"id at the beginning", `{"jsonrpc":"2.0","id":"q","method":"m","params":"` + fits + `"}` + "\n", []string{`!"q"`}},
		{"id of something inside", `{"method":"m","params":{"x":"` + fits + `","id":17}}` + "\n", []string{"!"}},
		{"id in a string", `{"method":"m","params":"` + fits + `\"id\":17}"}` + "\n", []string{"!"}},
		{"id in a string at the end", `{"method":"` + fits + `"id":17}"}` + "\n", []string{"!"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.DataErrReader(strings.NewReader(tt.in))} {
				if got := readLines(t, r, limit); !slices.Equal(got, tt.want) {
					t.Errorf("lines = %.60q, want %.60q", got, tt.want)
				}
			}
		})
	}
}

func readLines(t *testing.T, r io.Reader, limit int) []string {
	t.Helper()
	var got []string
	for lines := newLineReader(r, limit); ; {
		line, err := lines.next()
		tooLong, ok := errors.AsType[*tooLongError](err)
		switch {
		case errors.Is(err, io.EOF):
			return got
		case ok:
			got = append(got, "!"+string(tooLong.id))
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, string(line))
		}
	}
}

func TestLinesPassErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	lines := newLineReader(io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(broken)), 10)
	if line, err := lines.next(); err != nil || string(line) != "a" {
		t.Errorf("first line = %q, %v", line, err)
	}
	if _, err := lines.next(); !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
}

// The lines are those that splitting the whole text gives.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\r\n\xef\xbb\xbfb\n\n"), 3)
	f.Add([]byte(strings.Repeat(`{"id":1}`, 20_000)), 100)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = 1 + limit&0xffff
		var want []string
		for line := range bytes.SplitSeq(in, []byte("\n")) {
			switch text := bytes.TrimSpace(bytes.TrimPrefix(line, byteOrderMark())); {
			case len(bytes.TrimRight(line, "\r")) > limit:
				want = append(want, "!")
			case len(text) > 0:
				want = append(want, string(text))
			}
		}
		got := readLines(t, bytes.NewReader(in), limit)
		for i, line := range got {
			if strings.HasPrefix(line, "!") && i < len(want) && want[i] == "!" {
				got[i] = "!"
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("lines = %q, want %q", got, want)
		}
	})
}
