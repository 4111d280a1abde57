package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/cli/value"
	"github.com/pierre-mcp/pierre/internal/jobs"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/provider"
	"github.com/pierre-mcp/pierre/internal/secret"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/remote/providerapi"
	"github.com/pierre-mcp/pierre/tools"
)

const providersHelp = `

Accounts at other services (PROVIDER is INTERVALS_ICU, STRAVA, POLAR, WAHOO, OURA, WHOOP,
WITHINGS or GOOGLE_HEALTH):
PIERRE_PROVIDER_<PROVIDER>_CLIENT_ID and _CLIENT_SECRET switch one on, _WEBHOOK_SECRET its calls; secrets also as
<NAME>_FILE. Strava needs _ACCEPT_POLICY_RISK=true, too. intervals.icu works without any. See docs/PROVIDERS.md.`

// A providerConfig is what an operator chose for the accounts that athletes connect.
type providerConfig struct {
	table     []provider.Provider // tests have one of fakes
	transport http.RoundTripper   // nil: to public addresses only
	apps      map[pierre.Provider]provider.App
	err       error // of all that is wrong with them
}

// readProviders reads the settings of all providers from the environment.
func readProviders(getenv func(string) string, table []provider.Provider) providerConfig {
	c := providerConfig{table: table, apps: map[pierre.Provider]provider.App{}}
	var errs []error
	for _, p := range table {
		app, err := readApp(getenv, "PIERRE_PROVIDER_"+strings.ToUpper(string(p.Name))+"_")
		c.apps[p.Name] = app
		errs = append(errs, err)
	}
	c.err = errors.Join(errs...)
	return c
}

// readApp reads the settings of one provider.
func readApp(getenv func(string) string, prefix string) (provider.App, error) {
	app := provider.App{ClientID: strings.TrimSpace(getenv(prefix + "CLIENT_ID"))}
	var clientErr, hookErr, riskErr error
	app.ClientSecret, clientErr = secretOf(getenv, prefix+"CLIENT_SECRET")
	app.WebhookSecret, hookErr = secretOf(getenv, prefix+"WEBHOOK_SECRET")
	if text := getenv(prefix + "ACCEPT_POLICY_RISK"); text != "" {
		if app.RiskAccepted, riskErr = value.Switch(text); riskErr != nil {
			riskErr = fmt.Errorf("%sACCEPT_POLICY_RISK: %w", prefix, riskErr)
		}
	}
	if clientErr == nil && (app.ClientID == "") != (app.ClientSecret.Reveal() == "") {
		clientErr = fmt.Errorf("%sCLIENT_ID and %sCLIENT_SECRET go together; one of them is not set", prefix, prefix)
	}
	return app, errors.Join(clientErr, hookErr, riskErr)
}

// secretOf reads a secret from the variable, or from the file that NAME_FILE names.
func secretOf(getenv func(string) string, name string) (secret.String, error) {
	text, path := getenv(name), getenv(name+"_FILE")
	switch {
	case text != "" && path != "":
		return secret.String{}, fmt.Errorf("%s and %s_FILE are both set; give one of them", name, name)
	case path == "":
		return secret.New(strings.TrimSpace(text)), nil
	}
	held, err := secret.ReadFile(path)
	if err != nil {
		return secret.String{}, fmt.Errorf("%s_FILE: %w", name, err)
	}
	return held, nil
}

// origin returns under which address browsers reach the server, "" if they do not.
func (c *config) origin(ln net.Listener) string {
	switch {
	case c.publicURL != "":
		return strings.TrimSuffix(c.publicURL, "/")
	case ln != nil && (c.host == "" || web.Loopback(c.host)):
		return c.url(ln)
	}
	return ""
}

// openProviders builds what connects athletes' accounts, and the tools, which need it. ln is where the server listens; nil: nowhere.
func (a *app) openProviders(c *config, ring *keyring.Ring, ln net.Listener) {
	origin := c.origin(ln)
	a.accounts = provider.New(c.providers.table, a.store, a.imports, ring, provider.Options{
		Apps: c.providers.apps, Origin: func() string { return origin }, Transport: c.providers.transport, Log: a.log,
	})
	o := a.toolOptions(c)
	o.Accounts = a.accounts
	if a.openWeather(c); a.weather != nil {
		o.Weather = a.weather
	}
	if a.foods != nil {
		o.Foods = a.foods
	}
	catalog := tools.New(a.store, a.coach, time.Now, o)
	catalog.Register(a.mcp)
	a.listing = catalog.Listing()
}

// mountProviders adds the pages on which athletes connect accounts, and takes the providers' calls.
func (a *app) mountProviders(mux *http.ServeMux, c *config, counted func(http.Handler) http.Handler) error {
	pages, err := providerapi.New(a.accounts, providerapi.Options{Secure: strings.HasPrefix(c.publicURL, "https://"), Log: a.log})
	if err != nil {
		return err
	}
	h := counted(pages)
	for _, path := range providerapi.Routes() {
		mux.Handle(path, h)
	}
	return nil
}

// syncing are the jobs that fetch from connected accounts. Every server takes part; leases of the connections keep two from
// fetching the same.
func (a *app) syncing() []jobs.Job {
	return []jobs.Job{
		{Name: "fetch from connected accounts", Every: syncEvery, Within: syncWithin, Do: a.accounts.SyncDue},
		{Name: "delete what providers let be kept for a time only", Every: time.Hour, Fleet: true, Do: a.accounts.Forget},
	}
}

const (
	syncEvery  = 5 * time.Second // between looks at what is due, which is one query
	syncWithin = 30 * time.Minute
)
