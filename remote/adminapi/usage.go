package adminapi

import (
	"encoding/csv"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/usage"
	"github.com/pierre-mcp/pierre/internal/web"
)

const (
	defaultRows = 1000
	maxRows     = 10_000
	maxFilter   = 128 // characters
)

// breakdown answers what calls of many keys add up to, as JSON or CSV.
func (s *Server) breakdown(w http.ResponseWriter, r *http.Request, _ pierre.AdminToken) error {
	params, err := web.Query(r, "key", "user", "tier", "tool", "country", "from", "to", "group_by", "split_by", "limit", "cursor", "format", "near_percent")
	if err != nil {
		return err
	}
	q, err := usageQuery(params, s.now())
	if err != nil {
		return err
	}
	asCSV, err := wantsCSV(params, r)
	if err != nil {
		return err
	}
	page := usage.Page{Limit: defaultRows, Cursor: params.Get("cursor")}
	if text := params.Get("limit"); text != "" {
		if page.Limit, err = strconv.Atoi(text); err != nil || page.Limit < 1 || page.Limit > maxRows {
			return pierre.Invalid("limit", "limit must be between 1 and %d.", maxRows)
		}
	} else if asCSV {
		page.Limit = 0 // a table has no next page
	}
	if text := params.Get("near_percent"); text != "" {
		if page.Near, err = strconv.ParseInt(text, 10, 64); err != nil || page.Near < 1 || page.Near > 100 {
			return pierre.Invalid("near_percent", "near_percent must be between 1 and 100.")
		}
	}
	b, err := s.usage.Breakdown(r.Context(), q, page)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept")
	if asCSV {
		return writeCSV(w, b)
	}
	return web.WriteJSON(w, http.StatusOK, b)
}

func usageQuery(params url.Values, now time.Time) (q pierre.UsageQuery, err error) {
	for name, value := range map[string]*string{"key": (*string)(&q.Key), "user": (*string)(&q.Customer), "tier": (*string)(&q.Tier), "tool": &q.Tool, "country": &q.Country} {
		*value = params.Get(name)
		if _, given := params[name]; given && (*value == "" || len(*value) > maxFilter) {
			return q, pierre.Invalid(name, "%s must have 1 to %d characters; leave it out for all.", name, maxFilter)
		}
	}
	q.Country = strings.ToUpper(q.Country)
	if q.From, q.To, err = spanOf(params, "from", "to", now); err != nil {
		return q, err
	}
	q.By = pierre.Period(params.Get("group_by"))
	if groups := []pierre.Period{pierre.PeriodMinute, pierre.PeriodHour, pierre.PeriodDay, pierre.PeriodMonth}; q.By != "" && !slices.Contains(groups, q.By) {
		return q, pierre.Invalid("group_by", "group_by must be minute, hour, day or month.")
	}
	q.Split = pierre.UsageSplit(params.Get("split_by"))
	if q.Split != "" && !slices.Contains(pierre.UsageSplits(), q.Split) {
		return q, pierre.Invalid("split_by", "split_by must be tool, country, key, user or tier.")
	}
	return q, nil
}

// wantsCSV reports whether the answer is to be a table: the parameter says it, or else what the client accepts first.
func wantsCSV(params url.Values, r *http.Request) (bool, error) {
	switch params.Get("format") {
	case "csv":
		return true, nil
	case "json":
		return false, nil
	case "":
	default:
		return false, pierre.Invalid("format", "format must be json or csv.")
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	media, _, err := mime.ParseMediaType(first)
	return err == nil && media == "text/csv", nil
}

// writeCSV writes the rows as a table (RFC 4180), or the totals as its only row if there are no groups.
func writeCSV(w http.ResponseWriter, b usage.Breakdown) error {
	rows := b.Rows
	if b.GroupBy == nil && b.SplitBy == nil {
		rows = []usage.BreakdownRow{{Sums: b.Totals}}
	}
	var text strings.Builder
	out := csv.NewWriter(&text)
	out.UseCRLF = true
	head := []string{
		"requests", "succeeded", "failed", "rate_limited", "error_rate", "p50_ms", "p95_ms", "p99_ms", "max_ms", "request_bytes", "response_bytes",
	}
	if b.SplitBy != nil {
		head = slices.Insert(head, 0, string(*b.SplitBy))
	}
	if b.GroupBy != nil {
		head = slices.Insert(head, 0, "start")
	}
	out.Write(head) //nolint:errcheck // a builder does not fail
	for _, row := range rows {
		out.Write(record(row)) //nolint:errcheck // as above
	}
	out.Flush()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="usage.csv"`)
	if b.NextCursor != nil {
		w.Header().Set("Next-Cursor", *b.NextCursor)
	}
	_, err := w.Write([]byte(text.String()))
	return err
}

func record(row usage.BreakdownRow) (cells []string) {
	if row.Start != nil {
		cells = append(cells, row.Start.Format(time.RFC3339))
	}
	if row.Value != nil {
		cells = append(cells, safeCell(*row.Value))
	}
	for _, n := range []int64{row.Requests, row.Succeeded, row.Failed, row.RateLimited} {
		cells = append(cells, strconv.FormatInt(n, 10))
	}
	numbers := [5]string{} // empty: there is none
	if row.ErrorRate != nil {
		numbers[0] = decimal(*row.ErrorRate)
	}
	if t := row.Response; t != nil {
		numbers[1], numbers[2], numbers[3], numbers[4] = decimal(t.P50), decimal(t.P95), decimal(t.P99), decimal(t.Max)
	}
	return append(append(cells, numbers[:]...), strconv.FormatInt(row.RequestBytes, 10), strconv.FormatInt(row.ResponseBytes, 10))
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// safeCell keeps a spreadsheet from taking text for a formula (OWASP, CSV Injection).
func safeCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
