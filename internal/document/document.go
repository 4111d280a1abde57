// Package document reads the blocks of the documents, and what comments say of them, for the test that runs them.
// CONTRIBUTING.md has the comments.
package document

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Kind says what is to be done with a step of a document.
type Kind string

// The kinds of steps. Those of blocks are the words of the comments before them.
const (
	Shell        Kind = "sh"           // commands to be run
	Serves       Kind = "serves"       // commands, the last of which runs on
	Output       Kind = "output"       // lines of the output of the last commands
	Answer       Kind = "answer"       // JSON that the last commands print
	File         Kind = "file"         // the text of the file that Value names
	Tested       Kind = "tested"       // a block that the test runs that Value names
	Illustration Kind = "illustration" // a block that cannot be run, for the reason in Value
	Picture      Kind = "picture"      // text without a comment: nothing to be done
	Run          Kind = "run"          // commands to be run that are not shown
	Read         Kind = "read"         // Text is to be read as Value from here on
)

// A Step is a block or a comment of a document.
type Step struct {
	Line     int    // of the block's first line or of the comment, from 1
	Kind     Kind   //
	Language string // that of a block
	Text     string //
	Value    string // what the comment says behind its first word
	Exit     int    // the status with which commands end
}

// made marks a document, or a part of it that ends with a comment "end of …", that is compared with the code by other tests.
const made = "made by make golden"

var fence = regexp.MustCompile("^( *)(`{3,}|~{3,})\\s*([A-Za-z0-9]*)\\s*$")

// A reader goes through a document.
type reader struct {
	lines []string
	at    int // the line that is read next, from 0
	steps []Step
	mark  *Step // the comment that the next block belongs to
	made  bool  // within what is made from code
}

// Parse returns the steps of a document in Markdown. It refuses a comment that belongs to no block, a block that says nothing
// of how it is tested, and commands that are no block.
func Parse(text string) ([]Step, error) {
	r := &reader{lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	for r.at < len(r.lines) {
		if err := r.line(); err != nil {
			return nil, fmt.Errorf("line %d: %w", r.at, err)
		}
	}
	if r.mark != nil {
		return nil, fmt.Errorf("line %d: no block follows this comment", r.mark.Line)
	}
	return r.steps, nil
}

// line reads a line, with the block or the comment that begins in it.
func (r *reader) line() error {
	line := strings.TrimRight(r.lines[r.at], " \t")
	r.at++
	if opening := fence.FindStringSubmatch(line); opening != nil {
		return r.block(opening[1], opening[2], opening[3])
	}
	text := strings.TrimLeft(line, " \t") // in a list, comments and blocks are indented
	if r.mark != nil && text != "" && !strings.HasPrefix(text, "<!--") {
		return fmt.Errorf("the comment in line %d stands before no block", r.mark.Line)
	}
	if strings.HasPrefix(text, "<!--") {
		return r.comment(text)
	}
	return nil
}

// comment reads a comment, which may be some lines long.
func (r *reader) comment(line string) error {
	first := r.at
	for !strings.HasSuffix(line, "-->") {
		if r.at == len(r.lines) {
			return fmt.Errorf("the comment that begins in line %d does not end", first)
		}
		line += "\n" + strings.TrimRight(r.lines[r.at], " \t")
		r.at++
	}
	inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->"))
	switch {
	case strings.Contains(inner, made):
		r.made = true
		return nil
	case strings.HasPrefix(inner, "end of"):
		r.made = false
		return nil
	}
	word, value, _ := strings.Cut(inner, ":")
	return r.marked(first, strings.TrimSpace(word), strings.TrimSpace(value))
}

// marked keeps what a comment says. Comments that begin with another word are somebody else's.
func (r *reader) marked(line int, word, value string) error {
	step := Step{Line: line, Kind: Kind(word), Value: value}
	switch {
	case step.Kind == Run:
		r.steps = append(r.steps, Step{Line: line, Kind: Run, Text: value + "\n"})
	case step.Kind == Read:
		from, to, found := strings.Cut(value, " as ")
		if !found || from == "" {
			return fmt.Errorf("write <!-- read: TEXT as OTHER -->, not %q", value)
		}
		r.steps = append(r.steps, Step{Line: line, Kind: Read, Text: from, Value: to})
	case word == "exit":
		if _, err := fmt.Sscan(value, &step.Exit); err != nil || step.Exit < 1 || step.Exit > 255 {
			return fmt.Errorf("%q is no status with which commands fail", value)
		}
		step.Kind = Shell
		return r.keep(step)
	case slices.Contains([]Kind{Illustration, Tested, File, Output, Answer, Serves}, step.Kind):
		if value == "" && slices.Contains([]Kind{Illustration, Tested, File}, step.Kind) {
			return fmt.Errorf("the comment %s lacks what follows the colon", word)
		}
		return r.keep(step)
	}
	return nil
}

// keep keeps a comment for the block that follows it.
func (r *reader) keep(step Step) error {
	if r.mark != nil {
		return fmt.Errorf("the block has a comment in line %d already", r.mark.Line)
	}
	r.mark = &step
	return nil
}

// block reads the rest of a block.
func (r *reader) block(indent, opening, language string) error {
	step := Step{Line: r.at + 1, Language: language}
	var text strings.Builder
	for {
		if r.at == len(r.lines) {
			return fmt.Errorf("the block that begins in line %d does not end", step.Line-1)
		}
		line := r.lines[r.at]
		r.at++
		if closing := strings.TrimSpace(line); strings.HasPrefix(closing, opening) && strings.Trim(closing, opening[:1]) == "" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, indent) + "\n")
	}
	step.Text = text.String()
	if r.made {
		return nil
	}
	if r.mark != nil {
		step.Kind, step.Value, step.Exit = r.mark.Kind, r.mark.Value, r.mark.Exit
		r.mark = nil
	} else if step.Kind = unmarked(language); step.Kind == "" {
		return fmt.Errorf("nothing says how the block that begins in line %d, of language %q, is tested; see CONTRIBUTING.md", step.Line-1, language)
	}
	if (step.Kind == Shell || step.Kind == Serves) && language != "sh" {
		return fmt.Errorf("the block that begins in line %d is run, so its language is sh, not %q", step.Line-1, language)
	}
	r.steps = append(r.steps, step)
	return nil
}

// unmarked says what a block without a comment is.
func unmarked(language string) Kind {
	switch language {
	case "sh":
		return Shell
	case "json":
		return Answer
	case "", "text":
		return Picture
	default:
		return ""
	}
}
