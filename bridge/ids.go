package bridge

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// canonical returns one text for all spellings of a JSON string or number. Numbers
// are compared as float64, because that is what many servers make of an id.
func canonical(value []byte) string {
	switch {
	case len(value) > 0 && value[0] == '"':
		if bytes.IndexByte(value, '\\') >= 0 {
			return `"` + unquote(value) + `"`
		}
	case len(value) > 15 || bytes.ContainsAny(value, ".eE"):
		if f, err := strconv.ParseFloat(string(value), 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return string(value)
}

// sameID reports whether an answer with the id got is the answer to want.
func sameID(got, want []byte) bool {
	return bytes.Equal(got, want) || canonical(got) == canonical(want)
}

// replaced returns m with other bytes in the place of old, a part of m.raw.
func (m *message) replaced(old, by []byte) []byte {
	// The slices share their array, so what is left of it says where old begins.
	start := cap(m.raw) - cap(old)
	out := make([]byte, 0, len(m.raw)-len(old)+len(by)+1)
	out = append(out, m.raw[:start]...)
	out = append(out, by...)
	return append(out, m.raw[start+len(old):]...)
}

// isTask reports whether a result is the receipt of a task: progress of its
// request goes on after it (revision 2025-11-25, "Tasks").
func isTask(result []byte) bool {
	var v struct {
		Task json.RawMessage `json:"task"`
		Type string          `json:"resultType"`
	}
	return bytes.Contains(result, []byte(`"task"`)) && json.Unmarshal(result, &v) == nil && (v.Task != nil || v.Type == "task")
}
