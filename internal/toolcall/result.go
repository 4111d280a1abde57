package toolcall

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/human"
)

// ErrTool means that the tool itself reports an error; what it says is on stdout.
var ErrTool = errors.New("the tool reports an error")

// PrintResult writes the text of a result, or the whole of it as JSON.
func PrintResult(out io.Writer, raw json.RawMessage, whole bool) error {
	var result struct {
		Content []struct {
			Type     string `json:"type"`
			Text     string `json:"text"`
			MIMEType string `json:"mimeType"`
			URI      string `json:"uri"`
			Data     string `json:"data"` // base64
			Resource struct {
				URI  string `json:"uri"`
				Text string `json:"text"`
			} `json:"resource"`
		} `json:"content"`
		IsError bool `json:"isError"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return fmt.Errorf("reading the result: %w", err)
	}
	var err error
	if whole {
		err = cli.WriteJSON(out, raw)
	} else {
		var b strings.Builder
		for _, c := range result.Content {
			switch {
			case c.Type == "text":
				b.WriteString(strings.TrimRight(c.Text, "\n") + "\n")
			case c.Type == "resource" && c.Resource.Text != "":
				b.WriteString(strings.TrimRight(c.Resource.Text, "\n") + "\n")
			case c.Type == "image":
				fmt.Fprintf(&b, "[a picture of %s, %s; --output FILE saves it]\n", human.Bytes(int64(base64.StdEncoding.DecodedLen(len(c.Data)))), c.MIMEType)
			default:
				fmt.Fprintf(&b, "[%s %s; --json shows it]\n", c.Type, cmp.Or(c.MIMEType, c.URI, c.Resource.URI))
			}
		}
		_, err = io.WriteString(out, human.Text(b.String()))
	}
	if err == nil && result.IsError {
		err = ErrTool
	}
	return err
}

// Picture returns the first picture of a result.
func Picture(raw json.RawMessage) ([]byte, error) {
	var result struct {
		Content []struct {
			Type string `json:"type"`
			Data []byte `json:"data"` // base64
		} `json:"content"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return nil, fmt.Errorf("reading the result: %w", err)
	}
	for _, c := range result.Content {
		if c.Type == "image" {
			return c.Data, nil
		}
	}
	return nil, errors.New("the result has no picture to save")
}
