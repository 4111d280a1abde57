package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/pierre-mcp/pierre/internal/web"
)

func TestCSVHoldsNoFormulas(t *testing.T) {
	w := httptest.NewRecorder()
	err := web.WriteCSV(w, "x.csv", [][]string{{"a", "b"}, {"=1+1", `say "hi", Ana`}, {"", "+49"}, {"@x", "-1"}, {"1-1", "\tx"}})
	want := "a,b\n'=1+1,\"say \"\"hi\"\", Ana\"\n,'+49\n'@x,'-1\n1-1,'\tx\n"
	if err != nil || w.Body.String() != want {
		t.Errorf("the table is %q, %v\nwant %q", w.Body, err, want)
	}
}
