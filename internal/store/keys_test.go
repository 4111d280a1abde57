package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// What an update can change of a key, the audit log shows.
func TestEveryChangeOfAKeyIsInTheAuditLog(t *testing.T) {
	for _, c := range keyRow(&pierre.APIKey{}) {
		if !c.change {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			var k pierre.APIKey
			before := detailsOf(k)
			for _, of := range keyRow(&k) {
				if of.name == c.name {
					fill(t, of.value)
				}
			}
			if reflect.DeepEqual(k, pierre.APIKey{}) || reflect.DeepEqual(before, detailsOf(k)) {
				t.Errorf("a change of it is not in the details: %+v", detailsOf(k))
			}
		})
	}
}

// fill sets what value, that of a column, points to.
func fill(t *testing.T, value any) {
	t.Helper()
	switch v := value.(type) {
	case *string:
		*v = "x"
	case *pierre.Tier:
		*v = "x"
	case limitRequests:
		v.k.Limit.Requests = 1
	case limitPeriod:
		v.k.Limit.Period = "x"
	case limitFollows:
		*v.own = pierre.Limit{Requests: 1, Period: "x"}
	case keyRules:
		v.rules.Profile = "x"
	case jsonText:
		*v.list = []string{"x"}
	case instant:
		*v.Time = time.Unix(1, 0)
	case id[pierre.KeyID]:
		*v.id = "x"
	default:
		t.Fatalf("the test cannot fill a %T", v)
	}
}
