package store

import (
	"encoding/base64"
	"encoding/json"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A place is the last row of a page in an order by time or number, then id: what a cursor holds.
type place struct {
	At int64  `json:"a"`           // microseconds or a number
	ID string `json:"i,omitempty"` // of the row, where At is not unique
}

func (p place) cursor() string {
	b, _ := json.Marshal(p) //nolint:errchkjson // a number and a string can be marshaled
	return base64.RawURLEncoding.EncodeToString(b)
}

func parsePlace(cursor string) (place, error) {
	var p place
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return place{}, &pierre.Error{
			Kind: pierre.KindInvalid, Field: "cursor", Err: err,
			Msg: "This cursor is not one that the last page gave; start again without a cursor.",
		}
	}
	return p, nil
}
