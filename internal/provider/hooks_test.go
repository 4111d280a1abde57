package provider_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"testing"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// hookRequest is a call, or a request that asks for proof, with one text in all places where services show something.
func hookRequest(method, query, shown, stamp string, body []byte) *http.Request {
	r := &http.Request{Method: method, URL: &url.URL{Path: "/hooks/x", RawQuery: query}, Header: http.Header{}, Body: http.NoBody}
	for _, name := range []string{"Polar-Webhook-Signature", "X-Oura-Signature", "X-Whoop-Signature", "Authorization"} {
		r.Header.Set(name, shown)
	}
	r.Header.Set("X-Oura-Timestamp", stamp)
	r.Header.Set("X-Whoop-Signature-Timestamp", stamp)
	r.SetPathValue("secret", shown)
	r.ContentLength = int64(len(body))
	return r
}

// Whoever does not know the secrets is believed nothing. What is signed may be anything.
func FuzzHooks(f *testing.F) {
	for n := range provider.Table() {
		for _, body := range []string{
			`{"event":"EXERCISE","user_id":4711}`, `{"event":"PING"}`, `{"webhook_token":"","user":{"id":4711}}`, `{"owner_id":4711}`, `{"user_id":"a"}`,
			`[{"data":{"healthUserId":"1"}}]`, `{"type":"verification"}`, "userid=1&appli=44", "[", "",
		} {
			f.Add(uint8(n), http.MethodPost, "hub.mode=subscribe&hub.challenge=x&hub.verify_token=", "Bearer ", "1", []byte(body))
		}
		f.Add(uint8(n), http.MethodGet, "verification_token=&challenge=x&hub.mode=subscribe&hub.verify_token=", "", "", []byte{})
	}
	f.Fuzz(func(t *testing.T, n uint8, method, query, shown, stamp string, body []byte) {
		table := provider.Table()
		p := table[int(n)%len(table)]
		if p.Hook == nil {
			return
		}
		for _, app := range []provider.App{{ClientID: "id"}, {ClientID: "id", ClientSecret: secret.New(rand.Text()), WebhookSecret: secret.New(rand.Text())}} {
			r := hookRequest(method, query, shown, stamp, body)
			if p.Hook.Answer != nil {
				if answer, ok := p.Hook.Answer(r, app); ok {
					t.Errorf("%s: proof without the secret: %q", p.Name, answer)
				}
			}
			if accounts, err := p.Hook.Accounts(r, body, app); len(accounts) > 0 || pierre.KindOf(err) == pierre.KindInternal && err != nil {
				t.Errorf("%s: believed without the secret: %q, %v", p.Name, accounts, err)
			}
		}
		const word = "agreed"
		app := provider.App{ClientID: "id", ClientSecret: secret.New(word), WebhookSecret: secret.New(word)}
		sum := func(parts ...[]byte) []byte {
			mac := hmac.New(sha256.New, []byte(word))
			mac.Write(bytes.Join(parts, nil))
			return mac.Sum(nil)
		}
		genuine := map[pierre.Provider]string{
			pierre.ProviderPolar: hex.EncodeToString(sum(body)), pierre.ProviderOura: hex.EncodeToString(sum([]byte(stamp), body)),
			pierre.ProviderWhoop:        base64.StdEncoding.EncodeToString(sum([]byte(stamp), body)),
			pierre.ProviderGoogleHealth: "Bearer " + word, pierre.ProviderStrava: word, pierre.ProviderWithings: word,
		}
		r := hookRequest(http.MethodPost, query, genuine[p.Name], stamp, body)
		if accounts, err := p.Hook.Accounts(r, body, app); err != nil && len(accounts) > 0 || pierre.KindOf(err) == pierre.KindInternal && err != nil {
			t.Errorf("%s: what is signed: %q, %v", p.Name, accounts, err)
		}
	})
}
