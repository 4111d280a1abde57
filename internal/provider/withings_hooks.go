package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// withingsSubscribe asks for calls: there is a subscription for each athlete and kind of data.
func withingsSubscribe(ctx context.Context, c *Client, hook string) error {
	for _, kind := range []string{"1", "4", "16", "44"} { // weight, blood pressure, activity, sleep
		if err := c.action(ctx, "/notify", "subscribe", url.Values{"callbackurl": {hook}, "appli": {kind}}, nil); err != nil {
			if e, ok := errors.AsType[*StatusError](err); ok {
				e.Body = "" // it may repeat the address, which holds a secret
			}
			return fmt.Errorf("asking for calls of kind %s: %w", kind, err)
		}
	}
	return nil
}

// withingsRevoke ends the access and the subscriptions. The request is signed, with a number that is good for one use.
func withingsRevoke(ctx context.Context, c *Client) error {
	app := c.service.apps[c.Name]
	stamp := strconv.FormatInt(c.service.now().Unix(), 10)
	var once struct {
		Nonce string `json:"nonce"`
	}
	form := url.Values{"client_id": {app.ClientID}, "timestamp": {stamp}}
	form.Set("signature", hex.EncodeToString(sign(app.ClientSecret, []byte("getnonce,"+app.ClientID+","+stamp))))
	if err := c.action(ctx, "/v2/signature", "getnonce", form, &once); err != nil {
		return err
	}
	form = url.Values{"client_id": {app.ClientID}, "nonce": {once.Nonce}, "userid": {c.conn.Account}}
	form.Set("signature", hex.EncodeToString(sign(app.ClientSecret, []byte("revoke,"+app.ClientID+","+once.Nonce))))
	return c.action(ctx, "/v2/oauth2", "revoke", form, nil)
}

// withingsAnswer answers the request by which Withings makes sure that the address is there.
func withingsAnswer(r *http.Request, app App) ([]byte, bool) {
	asked := r.Method == http.MethodHead || r.Method == http.MethodGet
	return []byte("{}"), asked && equal(r.PathValue("secret"), app.WebhookSecret)
}

// withingsAccounts reads a call. Withings signs none, so that the address has a secret.
func withingsAccounts(r *http.Request, body []byte, app App) ([]string, error) {
	if r.Method != http.MethodPost || !equal(r.PathValue("secret"), app.WebhookSecret) {
		return nil, pierre.NotFound("webhook")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("userid") == "" {
		return nil, badCall(err)
	}
	return []string{form.Get("userid")}, nil
}

// withingsStatus is the beginning of each answer.
type withingsStatus struct {
	Status *int            `json:"status"`
	Body   json.RawMessage `json:"body"`
	Error  string          `json:"error"`
}

// withingsRead returns what an answer holds, or the status of HTTP that says the same as Withings' own.
func withingsRead(answer []byte) ([]byte, error) {
	var a withingsStatus
	if err := json.Unmarshal(answer, &a); err != nil || a.Status == nil {
		return nil, &malformedError{errors.Join(err, errors.New("it has no status"))}
	}
	status := http.StatusInternalServerError
	switch n := *a.Status; {
	case n == 0 && len(a.Body) > 0:
		return a.Body, nil
	case n == 0:
		return []byte("null"), nil
	case n == 100 || n == 101 || n == 102 || n == 200 || n == 401:
		status = http.StatusUnauthorized
	case n == 214 || n == 277:
		status = http.StatusForbidden
	case n == 601:
		status = http.StatusTooManyRequests
	case n >= 201 && n < 400, n == 503: // of these most name a parameter that is wrong
		status = http.StatusBadRequest
	}
	return nil, &StatusError{status, fmt.Sprintf("status %d: %s", *a.Status, a.Error)}
}
