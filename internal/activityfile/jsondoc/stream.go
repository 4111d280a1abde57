package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
	"github.com/pierre-mcp/pierre/internal/human"
)

// Stream hands the elements of a list to take one by one, as much of each as has the types of T. None may be longer than a few MB,
// so that a list of any length takes little memory. What is cut off or damaged, or no list, is a [draft.RefusalError] that says
// so; elements before it were taken.
func Stream[T any](r io.Reader, take func(T)) error {
	window := &xmldoc.TokenReader{Src: r}
	dec := json.NewDecoder(window)
	token, err := dec.Token()
	if err == nil && token != json.Delim('[') {
		return draft.NotActivity("no list of what was measured, which its name stands for")
	}
	for err == nil && dec.More() {
		window.Since = 0
		var element T
		if err = tolerant(dec.Decode(&element)); err == nil {
			take(element)
		}
	}
	if err == nil {
		_, err = dec.Token() // the list's end
	}
	if malformed(err) {
		return draft.Unreadable("it is cut off or damaged at byte %d", dec.InputOffset())
	}
	return err
}

// malformed reports whether err says that the document is not JSON, or ends early.
func malformed(err error) bool {
	_, malformed := errors.AsType[*json.SyntaxError](err)
	return malformed || draft.IsEOF(err)
}

// Whole hands a document of at most so many bytes to take, as much of it as has the type of T. What is longer, cut off or damaged, or
// no object, is a [draft.RefusalError] that says so.
func Whole[T any](r io.Reader, most int64, take func(T)) error {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return err
	}
	if int64(len(text)) > most {
		return draft.Unreadable("it is longer than %s", human.Bytes(most))
	}
	text = bytes.TrimLeft(Clean(text), " \t\r\n")
	if len(text) > 0 && text[0] != '{' {
		return draft.NotActivity("nothing of what its name stands for")
	}
	var document T
	if err := Decode(text, &document); malformed(err) {
		return draft.Unreadable("it is cut off or damaged")
	} else if err != nil {
		return err
	}
	take(document)
	return nil
}
