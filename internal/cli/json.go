package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSONLine writes v as JSON on one line, for programs that read lines.
func WriteJSONLine(out io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the output: %w", err)
	}
	_, err = out.Write(append(line, '\n'))
	return err
}

// WriteJSON writes v as indented JSON that people can read too: a URL keeps its "&".
func WriteJSON(out io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encoding the output: %w", err)
	}
	_, err := out.Write(b.Bytes())
	return err
}
