//go:build !race

package activityfile

import (
	"strings"
	"testing"
)

const (
	kml = `<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Placemark>` +
		`<gx:Track><when>2024-05-01T06:00:00Z</when><gx:coord>8.0 47.0 400</gx:coord></gx:Track></Placemark></Document></kml>`
	polarRun = `{"exportVersion":"1.6","startTime":"2024-05-01T08:00:00.000","stopTime":"2024-05-01T08:30:00.000","timeZoneOffset":120,` +
		`"distance":5000.0,"duration":"PT1800S","exercises":[{"startTime":"2024-05-01T08:00:00.000","timezoneOffset":120,"sport":"RUNNING",` +
		`"samples":{"heartRate":[{"dateTime":"2024-05-01T08:00:00.000","value":101}]}}]}`
	polarNewer = `{"identifier":{"id":"1"},"startTime":"2024-05-01T08:00:00","timezoneOffsetMinutes":120,"durationMillis":1800000,"distanceMeters":5000.0,` +
		`"sport":{"id":"1"},"exercises":[{"startTime":"2024-05-01T08:00:00","samples":{"samples":[{"type":"SPEED","intervalMillis":1000,"values":[NaN,10.5]}]}}]}`
	suuntoLog   = `{"DeviceLog":{"Header":{"ActivityType":3,"DateTime":"2024-05-01T08:00:00.000+02:00"},"Samples":[{"HR":1.7,"TimeISO8601":"2024-05-01T08:00:00.000+02:00"}]}}`
	suuntoCloud = `{"Samples":[{"Attributes":{"suunto/sml":{"Sample":{"HR":1.35}}},"Source":"suunto-1","TimeISO8601":"2024-05-01T08:00:00.000+02:00"}]}`
	suuntoOld   = `{"Samples":[{"Attributes":"{\"suunto/sml\":{\"Sample\":{\"HR\":1.35}}}","TimeISO8601":"2024-05-01T08:00:00.000+02:00"}]}`
	corosDetail = `{"apiCode":"C1","data":{"frequencyList":[],"lapList":[],"summary":{"sportType":100}},"message":"OK","result":"0000"}`
)

// What Pierre does not read is named by its content, in whatever file, and its owner learns what to export instead.
func TestForeignFilesAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, content string
		status        Status
		says          []string
	}{
		{"a map", kml, StatusFailed, []string{"KML", "FIT, TCX or GPX"}},
		{"a map that ends early", kml[:150], StatusFailed, []string{"KML", "FIT, TCX or GPX"}},
		{"a map whose root has a prefix", `<k:kml xmlns:k="http://www.opengis.net/kml/2.2"/>`, StatusFailed, []string{"KML"}},
		{"Suunto's older log", `<?xml version="1.0"?><sml xmlns="http://www.suunto.com/schemas/sml"><DeviceLog/></sml>`, StatusFailed, []string{"Suunto", "FIT or GPX"}},
		{"Suunto's log that ends early", suuntoLog[:90], StatusFailed, []string{"Suunto", "FIT or GPX"}},
		{"Suunto's log of nothing", `{"DeviceLog":{"Header":{},"Samples":[]}}`, StatusSkipped, []string{"Suunto"}},
		{"Polar's newer session that ends early", polarNewer[:200], StatusFailed, []string{"Polar", "TCX or GPX"}},
		{"Polar's newer plan", `{"startTime":"2024-05-01T08:00:00","timezoneOffsetMinutes":120,"durationMillis":1,"done":false}`, StatusSkipped, []string{"Polar"}},
		{"Polar's session that ends early", polarRun[:250], StatusFailed, []string{"Polar", "TCX or GPX"}},
		{"Polar's older session", `<polar-exercise-data version="1.0"/>`, StatusFailed, []string{"Polar", "TCX or GPX"}},
		{"Polar's interface", `{"id":"2AC","polar_user":"https://www.polaraccesslink.com/v3/users/1","start_time":"2024-05-01T08:00:00"}`, StatusFailed, []string{"Polar"}},
		{"Polar's plan", `{"exportVersion":"1.6","startTime":"2024-05-01T08:00:00.000","done":false,"exercises":[]}`, StatusSkipped, []string{"Polar"}},
		{"Polar's day", `{"exportVersion":"1.6","date":"2024-05-01","summary":{"stepCount":1}}`, StatusSkipped, []string{"Polar"}},
		{"COROS", corosDetail, StatusFailed, []string{"COROS", "FIT, TCX or GPX"}},
		{"COROS without envelope", `{"frequencyList":[{"heart":100}],"lapList":[]}`, StatusFailed, []string{"COROS"}},
	} {
		for _, wrapped := range []struct {
			how string
			got Result
		}{
			{"x.json", one(t, "x.json", []byte(c.content))},
			{"without a telling name", one(t, "download", []byte(c.content))},
			{"in gzip", one(t, "x.fit.gz", gz(t, []byte(c.content)))},
			{"in an archive", one(t, "x.zip", pack(t, member{"a/b.json", []byte(c.content)}))},
		} {
			if r := wrapped.got; r.Status != c.status || !containsAll(r.Reason, c.says) || len(r.Recordings) > 0 {
				t.Errorf("%s, %s: %s: %s", c.name, wrapped.how, r.Status, r.Reason)
			}
		}
	}
}

// A KMZ is an archive with a KML, and perhaps pictures.
func TestKMZ(t *testing.T) {
	kmz := pack(t, member{"doc.kml", []byte(kml)}, member{"files/icon.png", []byte("\x89PNG")})
	for name, content := range map[string][]byte{"track.kmz": kmz, "export.zip": pack(t, member{"track.kmz", kmz})} {
		results := walkBytes(t, name, content, Options{})
		if len(results) != 2 || results[0].Status != StatusFailed || !containsAll(results[0].Reason, []string{"KMZ", "FIT, TCX or GPX"}) || results[1].Status != StatusSkipped {
			t.Errorf("%s: %v", name, brief(results))
		}
	}
}

// What only has something of such a file is not taken for one.
func TestFilesThatAreNotForeign(t *testing.T) {
	for _, content := range []string{
		`{}`, `[]`, `{`, `[`, `"`, "", "{}}", "[}", `{"a":}`, `null`, `"exportVersion"`, `{"a":"exportVersion","b":["DeviceLog","Header","suunto/sml"]}`,
		`{"DeviceLog":1}`, `{"exercises":[{"name":"squat"}]}`, `{"result":"0000"}`, `{"apiCode":1,"data":{}}`, `{"TimeISO8601":""}`, `exportVersion`,
		strings.Repeat("[", 2*sniffSize), `{"x":"` + strings.Repeat("y", sniffSize) + `","DeviceLog":{"Header":{}}}`, "{\"n\":1e999}",
	} {
		if err := foreignJSON(names([]byte(content)[:min(len(content), sniffSize)])); err != nil {
			t.Errorf("%.60q: %v", content, err)
		}
		if got := one(t, "x.json", []byte(content)).Reason; got != "no activity: a document or table" {
			t.Errorf("%.60q: %s", content, got)
		}
	}
	if err := foreignRoot("gpx"); err != nil {
		t.Error(err)
	}
}

func FuzzForeign(f *testing.F) {
	for _, content := range []string{kml, polarRun, suuntoLog, suuntoCloud, suuntoOld, polarNewer, corosDetail, "[{]}", "\xEF\xBB\xBF["} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		walkAnything(t, "x.json", content)
		walkAnything(t, "x.kml", content)
	})
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
