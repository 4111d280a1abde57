package jsondoc

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/xmldoc"
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
	if _, malformed := errors.AsType[*json.SyntaxError](err); malformed || draft.IsEOF(err) {
		return draft.Unreadable("it is cut off or damaged at byte %d", dec.InputOffset())
	}
	return err
}
