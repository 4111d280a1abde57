package clientdoc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pierre-mcp/pierre/internal/clientdoc"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// serve answers with what the test says, as application/json, and counts how often it was asked.
func serve(t *testing.T, answer http.HandlerFunc) (*clientdoc.Fetcher, string, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	return clientdoc.New(clientdoc.Options{Transport: srv.Client().Transport}), srv.URL + "/client.json", &asked
}

func document(id string) string {
	return fmt.Sprintf(`{"client_id":%q,"client_name":"An app","redirect_uris":["https://app.example/cb"],"more":1}`, id)
}

func TestFetch(t *testing.T) {
	var id string
	f, url, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, document(id)) })
	id = url
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			doc, err := f.Fetch(t.Context(), url)
			if err != nil || doc.Name != "An app" || fmt.Sprint(doc.RedirectURIs) != "[https://app.example/cb]" {
				t.Errorf("Fetch = %+v, %v", doc, err)
			}
		})
	}
	wg.Wait()
	if _, err := f.Fetch(t.Context(), url); err != nil || asked.Load() > 8 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
	before := asked.Load()
	if _, err := f.Fetch(t.Context(), url); err != nil || asked.Load() != before {
		t.Errorf("%v: a kept document was fetched again", err)
	}
}

func TestFetchRefuses(t *testing.T) {
	const limit = 10 << 10
	for name, answer := range map[string]func(w http.ResponseWriter, id string){
		"another client": func(w http.ResponseWriter, id string) { fmt.Fprint(w, document(id+"x")) },
		"no client_id":   func(w http.ResponseWriter, _ string) { fmt.Fprint(w, `{"redirect_uris":["https://a.example/"]}`) },
		"no redirects":   func(w http.ResponseWriter, id string) { fmt.Fprintf(w, `{"client_id":%q}`, id) },
		"many redirects": func(w http.ResponseWriter, id string) {
			fmt.Fprintf(w, `{"client_id":%q,"redirect_uris":[""%s]}`, id, strings.Repeat(`,""`, 20))
		},
		"a secret": func(w http.ResponseWriter, id string) {
			fmt.Fprintf(w, `{"client_id":%q,"redirect_uris":["a"],"client_secret":"s"}`, id)
		},
		"not found": func(w http.ResponseWriter, id string) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, document(id))
		},
		"not JSON": func(w http.ResponseWriter, _ string) { fmt.Fprint(w, "<html>") },
		"another type": func(w http.ResponseWriter, id string) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, document(id))
		},
		"a list": func(w http.ResponseWriter, _ string) { fmt.Fprint(w, "[]") },
		"too long": func(w http.ResponseWriter, id string) {
			fmt.Fprint(w, document(id)+strings.Repeat(" ", limit-len(document(id))+1))
		},
		"a redirect": func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "/other.json")
			w.WriteHeader(http.StatusFound)
		},
		"half an answer": func(w http.ResponseWriter, id string) {
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, document(id))
		},
		"deep nesting": func(w http.ResponseWriter, _ string) { fmt.Fprint(w, strings.Repeat("[", limit)) },
		"wrong types": func(w http.ResponseWriter, id string) {
			fmt.Fprintf(w, `{"client_id":%q,"redirect_uris":"https://a.example/"}`, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var id string
			f, url, asked := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/client.json" {
					t.Errorf("%s was asked for", r.URL.Path)
				}
				answer(w, id)
			})
			id = url
			for range 2 { // failures are not kept
				if doc, err := f.Fetch(t.Context(), url); pierre.KindOf(err) != pierre.KindInvalid {
					t.Errorf("Fetch = %+v, %v", doc, err)
				}
			}
			if asked.Load() != 2 {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

func TestLongestDocument(t *testing.T) {
	var id string
	f, url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, document(id)+strings.Repeat(" ", 10<<10-len(document(id))))
	})
	id = url
	if _, err := f.Fetch(t.Context(), url); err != nil {
		t.Error(err)
	}
}

func TestCheckURL(t *testing.T) {
	for id, want := range map[string]bool{
		"https://app.example/client.json":                  true,
		"https://app.example:8443/c":                       true,
		"https://app.example/a/b/":                         true,
		"https://app.example":                              false,
		"https://app.example/":                             false,
		"http://app.example/c":                             false,
		"hTtps://app.example/c":                            false,
		"https:///c":                                       false,
		"https://u@app.example/c":                          false,
		"https://app.example/c#f":                          false,
		"https://app.example/c#":                           false,
		"https://app.example/a/../c":                       false,
		"https://app.example/./c":                          false,
		"https://app.example//c":                           false,
		"https://app.example/%2e%2e/c":                     false,
		"https:app.example/c":                              false,
		"https://xn--bcher-kva.example/c":                  true,
		"https://cl\u0430ude.ai/c":                         false,
		"https://cl%D0%B0ude.ai/c":                         false,
		"https://%80/c":                                    false,
		"https://app.example/" + strings.Repeat("a", 2028): true,
		"https://app.example/" + strings.Repeat("a", 2029): false,
	} {
		if err := clientdoc.CheckURL(id); (err == nil) != want {
			t.Errorf("CheckURL(%.60q) = %v", id, err)
		}
	}
}

// A client id cannot make the server reach its own network, under whatever name.
func TestOnlyPublicAddressesAreReached(t *testing.T) {
	var reached atomic.Bool
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer srv.Close()
	port := srv.URL[strings.LastIndex(srv.URL, ":"):]
	f := clientdoc.New(clientdoc.Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433", "169.254.169.254"} {
		_, err := f.Fetch(t.Context(), "https://"+host+port+"/c")
		if pierre.KindOf(err) != pierre.KindInvalid || strings.Contains(pierre.MessageOf(err, ""), "address is") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if reached.Load() {
		t.Error("the own network was reached")
	}
}
