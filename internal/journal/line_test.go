package journal

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// A line holds what json.Marshal writes, so that a field that is added to a call is missed here, not in a file.
func TestLinesAreWhatJSONWouldBe(t *testing.T) {
	var full pierre.Call
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("text <é> \"of\" " + v.Type().Field(i).Name)
		case reflect.Int64:
			f.SetInt(-int64(i) - 1)
		default: // set below
		}
	}
	full.Started = time.Date(2026, 5, 31, 12, 0, 0, 123_456_789, time.UTC)
	full.Buckets = pierre.Limits{
		Quota: pierre.Limit{Requests: 5, Period: pierre.PeriodMonth}, Burst: pierre.Burst{Requests: 1, Per: time.Second},
	}.Buckets("key_a", "user_a", "get_stats")
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not set by this test", v.Type().Field(i).Name)
		}
	}
	noBuckets := full
	noBuckets.Buckets = []pierre.Bucket{}
	for name, c := range map[string]pierre.Call{"full": full, "empty": {}, "no buckets": noBuckets} {
		want, err := json.Marshal(c) //nolint:musttag // a call has its fields' names in the file
		if err != nil {
			t.Fatal(err)
		}
		if got := appendCall(nil, &c); string(got) != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
