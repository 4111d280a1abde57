package strava

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// months lists the names of each month in the languages of Strava's exports.
// Dates shorten them to three letters or more.
func months() [12]string {
	return [12]string{
		"january januar janvier januari enero gennaio janeiro gener styczeń stycznia leden ledna ocak января январь január ianuarie tammikuu",
		"february februar februari février febrero febbraio fevereiro febrer luty lutego únor února şubat февраля февраль február februarie",
		"march märz mars maart mrt marzo março març marzec marca březen března mart марта март március martie maret",
		"april avril abril aprile kwiecień kwietnia duben dubna nisan апреля апрель április aprilie",
		"may mai mei mayo maggio maio maig maj maja květen května mayıs мая май május",
		"june juni juin junio giugno junho juny czerwiec czerwca červen června haziran июня июнь június iunie",
		"july juli juillet julio luglio julho juliol lipiec lipca červenec července temmuz июля июль július iulie",
		"august août augustus agosto agost sierpień sierpnia srpen srpna ağustos августа август augusztus agustus augusti",
		"september septembre septiembre settembre setembro setembre wrzesień września září eylül сентября сентябрь szeptember septembrie",
		"october oktober octobre octubre ottobre outubro październik października říjen října ekim октября октябрь október octombrie",
		"november novembre noviembre novembro listopad listopada kasım ноября ноябрь noiembrie",
		"december dezember décembre diciembre dicembre dezembro desember desembre grudzień grudnia prosinec prosince aralık декабря декабрь decembrie",
	}
}

// A dateReader reads the dates of one table, which all have the form of its owner's language.
type dateReader struct {
	monthFirst bool // 10/6/2022 is in October
}

// newDateReader learns from the dates of a table whether their months or their days come first.
func newDateReader(dates []string) dateReader {
	for _, text := range dates {
		d := splitDate(text)
		if d.month > 0 || len(d.numbers) < 5 || d.numbers[0] > 31 {
			continue
		}
		switch {
		case d.numbers[0] > 12:
			return dateReader{}
		case d.numbers[1] > 12:
			return dateReader{monthFirst: true}
		case d.half != 0 && strings.Contains(text, "/"): // only Americans write both
			return dateReader{monthFirst: true}
		}
	}
	return dateReader{}
}

// dateParts is a date taken apart: its numbers in order, its month if that
// is a word, and which half of the day it says.
type dateParts struct {
	numbers []int
	month   int
	half    int // 1: before noon, 2: after noon
}

func splitDate(text string) dateParts {
	var d dateParts
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		class := unicode.IsLetter
		if r >= '0' && r <= '9' {
			class = func(r rune) bool { return r >= '0' && r <= '9' }
		}
		end := strings.IndexFunc(text, func(r rune) bool { return !class(r) })
		switch {
		case end < 0:
			end = len(text)
		case end == 0:
			text = text[size:]
			continue
		}
		d.take(text[:end], unicode.IsLetter(r))
		text = text[end:]
	}
	return d
}

func (d *dateParts) take(token string, word bool) {
	if !word {
		if n, err := strconv.Atoi(token); err == nil && len(d.numbers) < 7 {
			d.numbers = append(d.numbers, n)
		}
		return
	}
	token = strings.ToLower(token)
	switch token {
	case "am", "a", "오전", "午前", "上午", "凌晨", "早上", "πμ", "öö":
		d.half = 1
	case "pm", "p", "오후", "午後", "下午", "中午", "晚上", "μμ":
		d.half = 2
	default:
		if utf8.RuneCountInString(token) < 3 || d.month > 0 {
			return
		}
		for i, names := range months() {
			for name := range strings.FieldsSeq(names) {
				if strings.HasPrefix(name, token) {
					d.month = i + 1
					return
				}
			}
		}
	}
}

// parse reads a date, which Strava writes in UTC.
func (r dateReader) parse(text string) (time.Time, bool) {
	d := splitDate(text)
	n := d.numbers
	var year, month, day int
	switch {
	case d.month > 0 && len(n) >= 4:
		month, year, day = d.month, max(n[0], n[1]), min(n[0], n[1])
		n = n[2:]
	case len(n) >= 5 && n[0] > 31:
		year, month, day = n[0], n[1], n[2]
		n = n[3:]
	case len(n) >= 5:
		day, month, year = n[0], n[1], n[2]
		if r.monthFirst {
			day, month = month, day
		}
		n = n[3:]
	default:
		return time.Time{}, false
	}
	hour, minute, second := n[0], n[1], 0
	if len(n) > 2 {
		second = n[2]
	}
	if d.half != 0 && hour <= 12 {
		hour = hour%12 + 12*(d.half-1)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	sane := year >= 1980 && year <= 2200 && month >= 1 && month <= 12 && t.Day() == day && hour < 24 && minute < 60 && second < 60
	return t, sane
}
