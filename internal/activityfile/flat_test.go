//go:build !race

package activityfile

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A longExport is a health export of so many records, each of one of 365 days, that is made while it is read.
type longExport struct{ records int64 }

const (
	longHead = "<HealthData>"
	longTail = "</HealthData>"
)

// record is one of four kinds: steps of a phone or a watch, a heart rate variability, or a stretch of sleep. All are as long.
func (l longExport) record(n int64) string {
	at := time.Date(2024, 1, 1, int(n%24), int(n%60), 0, 0, time.UTC).AddDate(0, 0, int(n/4%365)).Format("2006-01-02 15:04:05 +0000")
	kind, value := [4]string{"StepCount", "StepCount", "HeartRateVariabilitySDNN", "BodyMass"}[n%4], "50"
	unit := [4]string{"count", "count", "ms", "kg"}[n%4]
	text := fmt.Sprintf(`<Record type="HKQuantityTypeIdentifier%s" sourceName="%d" unit="%s" startDate="%s" endDate="%s" value="%s"/>`, kind, n%2, unit, at, at, value)
	return text + strings.Repeat(" ", longRecord-len(text))
}

const longRecord = 220

func (l longExport) size() int64 {
	return int64(len(longHead)) + l.records*longRecord + int64(len(longTail))
}

// ReadAt implements io.ReaderAt.
func (l longExport) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n) - int64(len(longHead))
		var piece string
		switch {
		case at < 0:
			piece = longHead[len(longHead)+int(at):]
		case at < l.records*longRecord:
			piece = l.record(at / longRecord)[at%longRecord:]
		case at < l.records*longRecord+int64(len(longTail)):
			piece = longTail[at-l.records*longRecord:]
		default:
			return n, io.EOF
		}
		n += copy(p[n:], piece)
	}
	return n, nil
}

// collect frees what nobody uses, what other tests left in pools included: that takes two collections.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// peakOf walks an export and returns how many bytes are in use when it has been read.
func peakOf(t *testing.T, records int64) int64 {
	t.Helper()
	l := longExport{records}
	var before, at runtime.MemStats
	collect()
	runtime.ReadMemStats(&before)
	err := Walk(t.Context(), NewSource("export.xml", l, l.size()), Options{}, func(r Result) error {
		if r.Status != StatusOK || len(r.Days) != 3*365 {
			t.Errorf("%s: %s, %d values", r.Path, r.Reason, len(r.Days))
		}
		collect()
		runtime.ReadMemStats(&at)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return int64(at.HeapAlloc) - int64(before.HeapAlloc)
}

// What is kept while an export is read is as many as there are days, not as there are records.
func TestHealthExportOfAnyLengthTakesTheSameMemory(t *testing.T) {
	short, long := peakOf(t, 2_000), peakOf(t, 20_000)
	if long > short+512<<10 {
		t.Errorf("%d bytes for 2 000 records, %d for 20 000", short, long)
	}
}
