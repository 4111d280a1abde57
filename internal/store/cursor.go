package store

import (
	"encoding/base64"
	"encoding/json"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A position is the last row of a page in an order by time or number, then id: what a cursor holds.
type position struct {
	At int64  `json:"a"`           // microseconds or a number
	ID string `json:"i,omitempty"` // of the row, where At is not unique

	Total *float64 `json:"t,omitempty"` // by which the rows are sorted first, if they are
	Order string   `json:"o,omitempty"` // of the list, "" for the usual one
}

func (p position) cursor() string {
	b, _ := json.Marshal(p) //nolint:errchkjson // a number and a string can be marshaled
	return base64.RawURLEncoding.EncodeToString(b)
}

func parsePosition(cursor string) (position, error) {
	var p position
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return position{}, &pierre.Error{
			Kind: pierre.KindInvalid, Field: "cursor", Err: err,
			Msg: "This cursor is not one that the last page gave; start again without a cursor.",
		}
	}
	return p, nil
}
