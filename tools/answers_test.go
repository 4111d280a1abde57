//go:build !race

package tools_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The answers of a small season, with and without a profile.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, profile := range []bool{false, true} {
		h, ids := sampleHost(t)
		calls := usual(ids)
		if profile {
			set := slices.IndexFunc(calls, func(c call) bool { return c.tool == "set_athlete_profile" })
			h.call("set_athlete_profile", calls[set].args)
		}
		for _, c := range calls {
			if c.tool == "set_athlete_profile" && !profile {
				continue
			}
			name := fmt.Sprintf("answers/%s.golden.txt", c.tool)
			if !profile {
				name = fmt.Sprintf("answers/%s.no_profile.golden.txt", c.tool)
			}
			t.Run(strings.TrimSuffix(name, ".golden.txt"), func(t *testing.T) {
				h := h
				h.t = t
				r := h.call(c.tool, c.args)
				if r.IsError {
					t.Fatal(r.Text)
				}
				if r.Bytes > answerBytes {
					t.Errorf("the answer has %d bytes, more than %d", r.Bytes, answerBytes)
				}
				golden(t, name, append([]byte(r.Text+"\n\n"), indent(t, r.Structured)...))
			})
		}
	}
}
