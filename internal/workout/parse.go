package workout

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// Parse reads the steps of a workout from text, an entry for each step or repetition, such as those in [Syntax]. It returns
// what is wrong with which entry, worded for whoever wrote it; then there are no steps.
//
// A step is a length (15min, 90s, 1h30min, 400 meters, 5km, open) with, in any order, what it is for (warmup, recovery, rest,
// cooldown; else work), a target (watts, % FTP, bpm, % LTHR, % HRmax, 4:30/km, % threshold pace, rpe 7; each may be a range)
// and a cadence (90rpm, 180spm). 5x(…, …) repeats steps, or repetitions of steps.
func Parse(sport pierre.Sport, lines []string) (steps []pierre.WorkoutStep, problems []string) {
	if len(lines) == 0 || len(lines) > MaxLines {
		return nil, []string{fmt.Sprintf("steps must have 1 to %d entries, not %d; such as %s.", MaxLines, len(lines), Syntax)}
	}
	for i, text := range lines {
		if len(text) > LineBytes {
			problems = append(problems, fmt.Sprintf("steps[%d] must have at most %d bytes, not %d.", i, LineBytes, len(text)))
			continue
		}
		r := reader{sport: sport}
		steps = append(steps, r.parts(plainer(text), 0)...)
		for _, p := range r.problems {
			problems = append(problems, fmt.Sprintf("steps[%d]: %s", i, p))
		}
	}
	if len(problems) == 0 {
		if p := tooMuch(steps); p != "" {
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return steps, nil
}

// plainer writes the signs of typesetters as those of keyboards.
func plainer(text string) string {
	return strings.NewReplacer("–", "-", "—", "-", "−", "-", "‑", "-", "×", "x", "′", "'", "’", "'", "″", `"`, "”", `"`, "\u00a0", " ", "\u202f", " ", "\t", " ", "[", "(", "]", ")").
		Replace(strings.ToLower(text))
}

// A reader reads an entry. It notes what is wrong and goes on, so that all can be mended at once.
type reader struct {
	sport    pierre.Sport
	problems []string
}

func (r *reader) wrong(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// parts reads what stands between separators.
func (r *reader) parts(text string, depth int) []pierre.WorkoutStep {
	if n, rest, ok := repetition(text); ok && !strings.HasPrefix(rest, "(") {
		return r.repeat(n, rest, depth) // 5x 4min, 3min: all of it repeats
	}
	list := split(text)
	var steps []pierre.WorkoutStep
	for _, part := range list {
		n, rest, ok := repetition(part)
		switch {
		case !ok:
			if s, ok := r.step(part); ok {
				steps = append(steps, s)
			}
		case !strings.HasPrefix(rest, "("):
			r.wrong("put what is repeated %d times in parentheses, such as %dx(4min 105%% FTP, 3min recovery).", n, n)
		default:
			inner, after, closed := parentheses(rest)
			switch {
			case !closed:
				r.wrong("a parenthesis is not closed in %s.", quote(part))
			case strings.TrimSpace(after) != "":
				r.wrong("%s stands after the parentheses of a repetition: put it inside, or in an entry of its own.", quote(after))
			default:
				steps = append(steps, r.repeat(n, inner, depth)...)
			}
		}
	}
	if len(list) == 0 {
		r.wrong("there is no step in it.")
	}
	return steps
}

func (r *reader) repeat(n int, inner string, depth int) []pierre.WorkoutStep {
	if n < minRepeat || n > MaxRepeat {
		r.wrong("a repetition is done %d to %d times, not %d.", minRepeat, MaxRepeat, n)
		return nil
	}
	if depth == maxDepth {
		r.wrong("a repetition of repetitions of repetitions is too much: write the outermost one out.")
		return nil
	}
	return []pierre.WorkoutStep{{Repeat: n, Steps: r.parts(inner, depth+1)}}
}

// repetition reads the beginning of a repetition: 5x, 5 times, 5 sets of.
func repetition(text string) (n int, rest string, ok bool) {
	text = strings.TrimLeft(text, " -*•")
	digits := 0
	for digits < len(text) && digits < 4 && isDigit(text[digits]) {
		digits++
	}
	if digits == 0 {
		return 0, "", false
	}
	n, _ = strconv.Atoi(text[:digits])
	rest = strings.TrimLeft(text[digits:], " ")
	for _, word := range []string{"x", "*", "times", "sets of", "reps of", "repeats of"} {
		if after, found := strings.CutPrefix(rest, word); found {
			return n, strings.TrimLeft(after, " :"), true
		}
	}
	return 0, "", false
}

// parentheses returns what stands in the parentheses that text begins with, and after them.
func parentheses(text string) (inner, after string, closed bool) {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// split cuts text at commas, semicolons, plus signs, "then" and lonely slashes outside of parentheses, and leaves empty parts out.
func split(text string) []string {
	var parts []string
	depth, from := 0, 0
	cut := func(at, next int) {
		if part := strings.TrimSpace(text[from:at]); part != "" {
			parts = append(parts, part)
		}
		from = next
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth > 0:
		case c == ',' && i > 0 && isDigit(text[i-1]) && i+1 < len(text) && isDigit(text[i+1]): // a decimal comma
		case c == ',' || c == ';' || c == '+' || c == '\n':
			cut(i, i+1)
		default:
			for _, word := range []string{" then ", " / ", " followed by "} {
				if i >= from && strings.HasPrefix(text[i:], word) {
					cut(i, i+len(word)-1)
					from++
				}
			}
		}
	}
	cut(len(text), len(text))
	return parts
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }

// quote shows what was written, shortened.
func quote(text string) string {
	text = strings.TrimSpace(text)
	const most = 40
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}
