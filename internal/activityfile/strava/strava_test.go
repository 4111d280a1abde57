package strava

import (
	"strings"
	"testing"
	"time"
)

func TestStravaDates(t *testing.T) {
	want := time.Date(2022, 10, 6, 23, 19, 20, 0, time.UTC)
	for _, text := range []string{
		"Oct 6, 2022, 11:19:20 PM", "Oct 6, 2022, 11:19:20\u202fPM", "6 Oct 2022, 23:19:20", "06.10.2022, 23:19:20", "6. Okt. 2022, 23:19:20",
		"6 oct. 2022, 23:19:20", "6 oct. 2022 à 23:19:20", "6 okt. 2022 23:19:20", "6 oct 2022, 23:19:20", "6 oct 2022, 11:19:20 p. m.",
		"6 ott 2022, 23:19:20", "6 de out. de 2022, 23:19:20", "6. okt. 2022 23.19.20", "6 paź 2022, 23:19:20", "6 окт. 2022 г., 23:19:20",
		"2022/10/06 23:19:20", "2022年10月6日 23:19:20", "2022年10月6日 下午11:19:20", "2022. 10. 6. 오후 11:19:20", "6 Eki 2022 23:19:20",
		"2022. okt. 6. 23:19:20", "6. 10. 2022 23:19:20", "6 thg 10, 2022, 23:19:20", "2022-10-06 23:19:20", "2022-10-06T23:19:20Z", "6 \x80Oct\xff 2022 23:19:20", "06/10/2022, 23:19:20",
	} {
		got, ok := newDateReader([]string{text}).parse(text)
		if !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %t", text, got, ok)
		}
	}
	for i, names := range months() {
		for name := range strings.FieldsSeq(names) {
			text := "6 " + name + " 2022 08:00:00"
			if got, ok := newDateReader(nil).parse(text); !ok || got.Month() != time.Month(i+1) {
				t.Errorf("%q: got %v, %t", text, got, ok)
			}
		}
	}
	for _, text := range []string{"", "yesterday", "32.10.2022, 10:00:00", "13.13.2022, 10:00:00", "30 Feb 2022 10:00:00", "6 Oct 2022 25:00:00", "6 Oct 1922 10:00:00", "6 Oct", "\x80\xff", strings.Repeat("9", 400)} {
		if got, ok := newDateReader([]string{text}).parse(text); ok {
			t.Errorf("%q: got %v, want none", text, got)
		}
	}
}

// Whether 6/10 is in June or October, only another row can tell.
func TestStravaDatesLearnTheOrderFromOtherRows(t *testing.T) {
	for _, tt := range []struct {
		dates []string
		month time.Month
	}{
		{[]string{"6/10/2022 8:00:00", "6/25/2022 8:00:00"}, time.June},
		{[]string{"6/10/2022 8:00:00", "25/6/2022 8:00:00"}, time.October},
		{[]string{"6/10/2022 8:00:00 AM"}, time.June},
		{[]string{"6/10/2022 8:00:00"}, time.October},
	} {
		got, ok := newDateReader(tt.dates).parse(tt.dates[0])
		if !ok || got.Month() != tt.month {
			t.Errorf("%q: got %v, want %v", tt.dates, got, tt.month)
		}
	}
}
