package pierre_test

import (
	"reflect"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestFieldsAreAllTotals(t *testing.T) {
	var totals pierre.Totals
	fields, typ := totals.Fields(), reflect.TypeFor[pierre.Totals]()
	if len(fields) != typ.NumField() {
		t.Fatalf("Fields lists %d fields of %d", len(fields), typ.NumField())
	}
	for n, f := range fields {
		v := float64(n)
		*f.Value = &v
		if got := reflect.ValueOf(totals).Field(n).Interface(); got != &v || typ.Field(n).Tag.Get("json") != f.Name+",omitempty" {
			t.Errorf("Fields()[%d] is %q, want the field %s", n, f.Name, typ.Field(n).Name)
		}
	}
}

func TestComplete(t *testing.T) {
	for n := range (&pierre.Totals{}).Fields() {
		var t1, t2 pierre.Totals
		*t2.Fields()[n].Value = new(2.)
		t1.Complete(t2)
		if got := *t1.Fields()[n].Value; got == nil || *got != 2 {
			t.Errorf("%s was not completed", t1.Fields()[n].Name)
		}
		*t1.Fields()[n].Value = new(1.)
		t1.Complete(t2)
		if got := *t1.Fields()[n].Value; *got != 1 {
			t.Errorf("%s was replaced", t1.Fields()[n].Name)
		}
	}
}
