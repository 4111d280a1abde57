package provider

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// withingsTokens makes Withings' token endpoint one as RFC 6749 has it.
type withingsTokens struct{ base http.RoundTripper }

const maxTokens = 64 << 10 // bytes of a request for tokens, and of its answer

// RoundTrip implements [http.RoundTripper].
func (t withingsTokens) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	form.Set("action", "requesttoken")
	text := form.Encode()
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	resp, err := t.base.RoundTrip(out)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	if body, err = readAll(resp.Body); err != nil {
		return nil, err
	}
	resp.StatusCode, body = withingsGranted(body)
	resp.Status = ""
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func readAll(r io.ReadCloser) ([]byte, error) {
	defer r.Close()
	return readWhole(r, maxTokens)
}

// withingsGranted returns what Withings' answer to a request for tokens is in the words of RFC 6749.
func withingsGranted(answer []byte) (status int, body []byte) {
	granted, err := withingsRead(answer)
	if err == nil {
		return http.StatusOK, granted
	}
	var said withingsStatus
	if json.Unmarshal(answer, &said) != nil || said.Status == nil {
		return http.StatusBadGateway, nil
	}
	const tooMany = 601
	named := strings.ReplaceAll(strings.ToLower(said.Error), " ", "_")
	switch {
	case *said.Status == tooMany:
		return http.StatusTooManyRequests, nil
	case strings.Contains(named, "invalid_refresh_token"), strings.Contains(named, "invalid_code"):
		return http.StatusBadRequest, []byte(`{"error":"invalid_grant"}`)
	case strings.Contains(named, "client"):
		return http.StatusUnauthorized, []byte(`{"error":"invalid_client"}`)
	}
	return http.StatusBadRequest, []byte(`{"error":"invalid_request"}`)
}

// withingsSport returns the name of a workout's category.
func withingsSport(category int) string {
	return map[int]string{ //nolint:mnd // Withings' numbers
		1: "walk", 2: "run", 3: "hiking", 4: "inline_skating", 5: "bmx", 6: "cycling", 7: "swimming", 8: "surfing", 9: "kitesurfing", 12: "tennis",
		16: "weightlifting", 17: "calisthenics", 18: "elliptical", 19: "pilates", 20: "basketball", 21: "soccer", 27: "golf", 28: "yoga", 29: "dance",
		30: "boxing", 34: "skiing", 35: "snowboarding", 187: "rowing", 195: "climbing", 196: "ice_skating", 306: "walk", 307: "indoor_running", 308: "indoor_cycling",
	}[category]
}
