package activityfile

import (
	"bytes"
	"encoding/json"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/formats"
	"github.com/pierre-mcp/pierre/internal/activityfile/polar"
	"github.com/pierre-mcp/pierre/internal/activityfile/suunto"
)

// sniffSize is how much of a JSON file is looked at to tell whose it is.
const sniffSize = 4 << 10

// foreignRoot says what an XML document is that programs know and Pierre does not read, by its root; nil: it is another.
func foreignRoot(root string) error {
	switch root {
	case "kml":
		return draft.Unreadable("a KML or KMZ file, a drawing for maps: export the activity as FIT, TCX or GPX from where it was recorded")
	case "sml":
		return draft.Unreadable("a recording in an older format of Suunto's own: export the activity as FIT or GPX from the Suunto app")
	case "polar-exercise-data":
		return polarOwn()
	}
	return nil
}

// jsonReader returns the reader of a JSON file with these names in its first bytes, if it is a recording that is read.
func jsonReader(has map[string]bool) (r reader, ok bool) {
	plan := has["done"] || has["exerciseTargets"] // says whether it was
	switch {
	case has["suunto/sml"], has["TimeISO8601"] && has["Attributes"], has["DeviceLog"] && (has["Header"] || has["Samples"]):
		return reader{format: formats.JSON, most: suunto.MaxBytes, whole: suunto.Read}, true
	case has["durationMillis"] && has["startTime"] && !plan && (has["timezoneOffsetMinutes"] || has["exercises"] && (has["distanceMeters"] || has["hrAvg"])):
		return reader{format: formats.JSON, most: polar.MaxBytes, whole: polar.ReadNewer}, true
	case has["exercises"] && has["startTime"] && !plan && (has["exportVersion"] || has["timezoneOffset"]):
		return reader{format: formats.JSON, most: polar.MaxBytes, whole: polar.Read}, true
	}
	return reader{}, false
}

// foreignJSON says what a JSON file is that a maker of watches exports and Pierre does not read, by the names in its
// first bytes; nil: it is another.
func foreignJSON(has map[string]bool) error {
	switch {
	case has["polar-user"], has["polar_user"]:
		return polarOwn()
	case has["exportVersion"], has["timezoneOffsetMinutes"] && has["durationMillis"]:
		return draft.NotActivity("a file of Polar's account export other than a training session")
	case has["apiCode"] && has["result"] && has["data"], has["frequencyList"] && (has["lapList"] || has["summary"]):
		return draft.Unreadable("a JSON file of COROS: export the activity as FIT, TCX or GPX from the COROS app or Training Hub")
	}
	return nil
}

func polarOwn() error {
	return draft.Unreadable("a training session in Polar's own format: export the session as TCX or GPX from Polar Flow")
}

// names returns the names of the members, however deep, of the JSON document that begins with head.
func names(head []byte) map[string]bool {
	head = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	found := map[string]bool{}
	if first := bytes.TrimLeft(head, " \t\r\n"); len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return found
	}
	dec := json.NewDecoder(bytes.NewReader(head))
	dec.UseNumber()    // none is too large
	var objects []bool // what is open: objects, or else arrays
	named := false     // in an object, the name of the next value was read
	for {
		token, err := dec.Token()
		if err != nil { // mostly the end of head
			return found
		}
		inObject := len(objects) > 0 && objects[len(objects)-1]
		switch {
		case token == json.Delim('}'), token == json.Delim(']'):
			objects = objects[:len(objects)-1] // the decoder has seen to it that one is open
			named = false
		case inObject && !named:
			if text, ok := token.(string); ok {
				found[text] = true
			}
			named = true
		default:
			if delim, ok := token.(json.Delim); ok {
				objects = append(objects, delim == '{')
			}
			named = false
		}
	}
}
