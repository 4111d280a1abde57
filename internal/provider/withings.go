package provider

import "net/http"

// wrappedStatus returns the status and the body that a refusal in an answer of Withings stands for, which it sends with the
// status 200: https://developer.withings.com/api-reference/#section/Response-status.
func wrappedStatus(status int) (code int, body []byte) {
	switch {
	case status == 601:
		return http.StatusTooManyRequests, []byte(`{}`)
	case status >= 100 && status <= 105, status == 200, status == 214, status == 277, status == 283, status == 401, status == 503:
		return http.StatusUnauthorized, []byte(`{"error":"invalid_grant"}`)
	}
	return http.StatusServiceUnavailable, []byte(`{"error":"server_error"}`)
}
