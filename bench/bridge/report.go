package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// columns are the quantities of the table, in its order.
func columns() []struct {
	title  string
	format string
	of     func(*result) *figure
} {
	return []struct {
		title  string
		format string
		of     func(*result) *figure
	}{
		{"initialize ms", "%.1f", func(r *result) *figure { return &r.FirstAnswerMs }},
		{"first result ms", "%.1f", func(r *result) *figure { return &r.FirstResultMs }},
		{"HTTP requests", "%.0f", func(r *result) *figure { return &r.Requests }},
		{"sessions left", "%.0f", func(r *result) *figure { return &r.SessionsLeft }},
		{"p50 µs", "%.0f", func(r *result) *figure { return &r.P50Us }},
		{"p99 µs", "%.0f", func(r *result) *figure { return &r.P99Us }},
		{"added p50 µs", "%+.0f", func(r *result) *figure { return &r.AddedP50Us }},
		{"added p99 µs", "%+.0f", func(r *result) *figure { return &r.AddedP99Us }},
		{"calls/s at 64", "%.0f", func(r *result) *figure { return &r.CallsPerS }},
		{"of direct", "%.2f", func(r *result) *figure { return &r.OfDirect }},
		{"CPU µs/call at 64", "%.0f", func(r *result) *figure { return &r.CPUUs }},
		{"1 MiB result ms", "%.1f", func(r *result) *figure { return &r.LargeMs }},
		{"1 MiB argument ms", "%.1f", func(r *result) *figure { return &r.LargeArgMs }},
		{"idle MiB", "%.1f", func(r *result) *figure { return &r.RSSIdleMiB }},
		{"peak MiB", "%.1f", func(r *result) *figure { return &r.RSSPeakMiB }},
		{"idle CPU ms/s", "%.2f", func(r *result) *figure { return &r.IdleCPUMsPerS }},
		{"wake-ups/s", "%.2f", func(r *result) *figure { return &r.WakeupsPerS }},
		{"eight at once ms", "%.0f", func(r *result) *figure { return &r.CopiesMs }},
		{"eight at once MiB", "%.0f", func(r *result) *figure { return &r.CopiesMiB }},
	}
}

// printTable prints the medians, a row for each quantity and a column for each bridge, then the aims.
func printTable(w io.Writer, results []*result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range results {
		fmt.Fprintf(t, "\t%s", r.Name)
	}
	fmt.Fprintln(t, "\t")
	for _, c := range columns() {
		fmt.Fprint(t, c.title)
		for _, r := range results {
			if f := c.of(r); len(*f) > 0 {
				fmt.Fprintf(t, "\t"+c.format, f.median())
			} else {
				fmt.Fprint(t, "\t–")
			}
		}
		fmt.Fprintln(t, "\t")
	}
	fmt.Fprint(t, "lines not JSON")
	for _, r := range results {
		fmt.Fprintf(t, "\t%d", r.Garbage)
	}
	fmt.Fprintln(t, "\t")
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Error != "" {
			fmt.Fprintf(w, "%s was not measured to the end: %s\n", r.Name, r.Error)
		}
	}
	printAims(w, results)
	return nil
}

// printAims compares our bridge with what it aims at, and with the best peer if any was measured.
func printAims(w io.Writer, results []*result) {
	ours := results[1]
	best := func(of func(*result) *figure) float64 {
		var least float64
		for _, r := range results {
			if v := of(r).median(); r.Peer && v > 0 && (least == 0 || v < least) {
				least = v
			}
		}
		return least
	}
	fmt.Fprintln(w, "\naims of mcp-client:")
	aim := func(what string, got, limit float64, atMost bool) {
		verdict := "missed"
		if atMost == (got <= limit) || got == limit {
			verdict = "met"
		}
		sign := "≤"
		if !atMost {
			sign = "≥"
		}
		fmt.Fprintf(w, "  %-6s  %s: %.4g, aim %s %.4g\n", verdict, what, got, sign, limit)
	}
	if peer := best(func(r *result) *figure { return &r.FirstResultMs }); peer > 0 {
		aim("first result, as a share of the best peer's", ours.FirstResultMs.median()/peer, 1.0/25, true)
		aim("added median, as a share of the best peer's", ours.AddedP50Us.median()/best(func(r *result) *figure { return &r.AddedP50Us }), 0.2, true)
	}
	aim("added median, µs", ours.AddedP50Us.median(), 130, true)
	aim("throughput at 64 in flight, as a share of direct HTTP's", ours.OfDirect.median(), 0.75, false)
	aim("HTTP requests up to the first result", ours.Requests.median(), 5, true)
	aim("sessions left behind", ours.SessionsLeft.median(), 0, true)
	aim("memory at rest, MiB", ours.RSSIdleMiB.median(), 12, true)
	aim("peak memory with 1 MiB messages, MiB", ours.RSSPeakMiB.median(), 30, true)
	aim("eight copies, ms to their answers", ours.CopiesMs.median(), 60, true)
	aim("eight copies, MiB together", ours.CopiesMiB.median(), 40, true)
	aim("wake-ups per second at rest", ours.WakeupsPerS.median(), 0.2, true)
	aim("lines on stdout that are not JSON", float64(ours.Garbage), 0, true)
}
