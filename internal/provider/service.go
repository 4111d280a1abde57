package provider

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/publicnet"
	"github.com/pierre-mcp/pierre/internal/secret"
)

// A Store keeps connections. What its methods promise is said at those of package store.
type Store interface {
	ConnectionStore
	LinkStore
	RefreshStore
	SyncStore
	FetchedStore
	ForgetStore
}

// A ConnectionStore keeps connections.
type ConnectionStore interface {
	Connections(ctx context.Context, user pierre.UserID) ([]pierre.Connection, error)
	Connection(ctx context.Context, user pierre.UserID, provider pierre.Provider) (pierre.Connection, error)
	KeepConnection(ctx context.Context, c pierre.Connection) error
	DeleteConnection(ctx context.Context, user pierre.UserID, provider pierre.Provider) error
	CallForSync(ctx context.Context, provider pierre.Provider, account string, now time.Time) (int, error)
	UserEmail(ctx context.Context, user pierre.UserID) (string, error)
}

// A LinkStore keeps invitations to connect.
type LinkStore interface {
	KeepLink(ctx context.Context, l pierre.ConnectionLink, now time.Time) error
	Link(ctx context.Context, token [32]byte, now time.Time) (pierre.ConnectionLink, error)
	TryLink(ctx context.Context, token [32]byte, now time.Time) error
	AskProvider(ctx context.Context, token, state [32]byte, now time.Time) error
	TakeState(ctx context.Context, state [32]byte, now time.Time) (pierre.ConnectionLink, error)
	TakeLink(ctx context.Context, token [32]byte, now time.Time) (pierre.ConnectionLink, error)
}

// A RefreshStore decides who gets new credentials.
type RefreshStore interface {
	BeginRefresh(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error)
	EndRefresh(ctx context.Context, c pierre.Connection, owner string) (bool, error)
	DropRefresh(ctx context.Context, c pierre.Connection, owner string) error
}

// A SyncStore decides who fetches, and keeps how far it came.
type SyncStore interface {
	DueConnections(ctx context.Context, now time.Time, providers []pierre.Provider, most int) ([]pierre.Connection, error)
	BeginSync(ctx context.Context, c pierre.Connection, owner string, lasts time.Duration) (bool, error)
	SaveSync(ctx context.Context, c pierre.Connection, owner string, began time.Time, lasts time.Duration) (bool, error)
	PauseProvider(ctx context.Context, provider pierre.Provider, until time.Time) error
}

// A FetchedStore keeps what was fetched.
type FetchedStore interface {
	FetchedItems(ctx context.Context, user pierre.UserID, provider pierre.Provider, ids []string) (map[string]pierre.FetchedItem, error)
	KeepFetched(ctx context.Context, user pierre.UserID, provider pierre.Provider, i pierre.FetchedItem) error
	FetchedCounts(ctx context.Context, user pierre.UserID, provider pierre.Provider) (pierre.FetchedCounts, error)
}

// A ForgetStore deletes what was fetched, and knows who has something.
type ForgetStore interface {
	ConnectionsUnder(ctx context.Context, user pierre.UserID) ([]pierre.Connection, error)
	FetchedUsers(ctx context.Context, provider pierre.Provider) ([]pierre.UserID, error)
	ConnectionsOf(ctx context.Context, provider pierre.Provider) ([]pierre.UserID, error)
	ForgetFetched(ctx context.Context, user pierre.UserID, provider pierre.Provider, before time.Time) error
}

// A Keeper imports recordings, and keeps values of days.
type Keeper interface {
	KeepValues(ctx context.Context, user pierre.UserID, values []pierre.Wellness) error
	KeepFetched(ctx context.Context, user pierre.UserID, f pierre.Fetched) (pierre.ImportRow, error)
	DigestFetched(ctx context.Context, user pierre.UserID, ids []pierre.ActivityID) error
}

// A Sealer encrypts credentials, bound to their purpose.
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// An App is what an operator got from registering this server with a provider.
type App struct {
	ClientID      string
	ClientSecret  secret.String
	WebhookSecret secret.String // what the provider's calls are checked by, where that is not the client's secret
	RiskAccepted  bool          // of [Provider.Risk]
}

// Options are what a [Service] may have in addition; the zero value works.
type Options struct {
	Apps      map[pierre.Provider]App
	Origin    func() string     // under which browsers reach this server, "" if they cannot; nil: they cannot
	Transport http.RoundTripper // nil: one that reaches public addresses only
	RetryWait time.Duration     // before a request that failed for a passing reason is made again, doubling; 0: 1 s
	Log       *slog.Logger      // nil: nothing is logged
	Now       func() time.Time  // nil: time.Now
}

// A Service connects athletes' accounts and fetches from them. It is safe for concurrent use.
type Service struct {
	table     []Provider
	store     Store
	keeper    Keeper
	sealer    Sealer
	apps      map[pierre.Provider]App
	origin    func() string
	transport http.RoundTripper
	http      *http.Client
	log       *slog.Logger
	now       func() time.Time
	owner     string        // of leases
	keys      chan struct{} // one for each personal key that is being tried
}

// answerWait is how long a provider may take until its answer begins.
const answerWait = 30 * time.Second

// New returns a service for the providers of table.
func New(table []Provider, store Store, keeper Keeper, sealer Sealer, opts Options) *Service {
	s := &Service{
		table: table, store: store, keeper: keeper, sealer: sealer, apps: opts.Apps, origin: opts.Origin,
		transport: opts.Transport, log: opts.Log, now: opts.Now, owner: rand.Text(),
		keys: make(chan struct{}, keysAtOnce),
	}
	if s.origin == nil {
		s.origin = func() string { return "" }
	}
	if s.transport == nil {
		s.transport = publicnet.Patient(answerWait)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.http = newHTTP(s.transport, cmp.Or(opts.RetryWait, retryWait))
	return s
}

// provider returns the row of the table.
func (s *Service) provider(name pierre.Provider) (*Provider, error) {
	for n := range s.table {
		if s.table[n].Name == name {
			return &s.table[n], nil
		}
	}
	return nil, pierre.Invalid("provider", "%.40q cannot be connected; these can: %s.", string(name), s.names())
}

func (s *Service) names() string {
	var names []string
	for _, p := range s.table {
		names = append(names, string(p.Name))
	}
	return strings.Join(names, ", ")
}

// ready reports why a provider cannot be connected at this server, for the athlete and the operator.
func (s *Service) ready(p *Provider) error {
	if s.origin() == "" {
		return off(p, "browsers cannot reach it. Its operator has to set PUBLIC_URL; a second copy of a personal program leaves that to the first.")
	}
	return s.switchedOn(p)
}

// byKey reports whether the athlete gives a personal key, rather than going to the provider's page.
func (s *Service) byKey(p *Provider) bool {
	return p.Key != nil && s.apps[p.Name].ClientID == ""
}

// Status is a provider at this server, and the user's connection to it.
type Status struct {
	Provider   pierre.Provider
	Title      string
	Off        string             // why it cannot be connected; "": it can
	Connection *pierre.Connection // without credentials; nil: there is none
	Counts     pierre.FetchedCounts
	LeftWhy    string
	History    bool      // all of it was fetched
	Since      time.Time // from when on data was fetched; zero: nothing yet, or all
}

// Statuses returns the providers that can be connected, with the user's connections.
func (s *Service) Statuses(ctx context.Context, user pierre.UserID) ([]Status, error) {
	list, err := s.store.Connections(ctx, user)
	if err != nil {
		return nil, err
	}
	var all []Status
	for n := range s.table {
		p := &s.table[n]
		st := Status{Provider: p.Name, Title: p.Title, Off: pierre.MessageOf(s.ready(p), "")}
		for _, c := range list {
			if c.Provider != p.Name {
				continue
			}
			c.Sealed = nil
			st.Connection, st.LeftWhy = &c, p.LeftWhy
			st.History, st.Since = historyOf(p, c.Sync)
			if st.Counts, err = s.store.FetchedCounts(ctx, user, p.Name); err != nil {
				return nil, err
			}
		}
		all = append(all, st)
	}
	return all, nil
}

// historyOf says how far back all streams were fetched.
func historyOf(p *Provider, state pierre.SyncState) (whole bool, since time.Time) {
	whole = true
	for _, stream := range p.Streams {
		if st := state.Streams[stream.Name]; !st.Done && !slices.Contains(state.Refused, stream.Name) {
			whole, since = false, later(since, st.Back)
		}
	}
	return whole, since
}

// Disconnect ends the user's connection, at the provider as well. What was fetched stays, unless the provider forbids that.
// It returns what a person should know.
func (s *Service) Disconnect(ctx context.Context, user pierre.UserID, name pierre.Provider) (string, error) {
	p, err := s.provider(name)
	if err != nil {
		return "", err
	}
	c, err := s.store.Connection(ctx, user, name)
	if pierre.KindOf(err) == pierre.KindNotFound {
		return "", &pierre.Error{Kind: pierre.KindNotFound, Field: "provider", Msg: p.Title + " is not connected; get_connection_status lists what is.", Err: err}
	}
	if err != nil {
		return "", err
	}
	told := p.Title + " was told, too."
	if err := s.leave(ctx, p, c); err != nil {
		s.log.WarnContext(ctx, "a provider could not be told that a connection ends", slog.String("provider", string(name)), slog.Any("err", err))
		told = p.Title + " could not be told; end the access there as well, in your account's settings."
	}
	if err := s.store.DeleteConnection(ctx, user, name); err != nil && !lost(err) {
		return "", err
	}
	kept := "What came from it stays here."
	if p.KeepFor > 0 {
		kept = "What came from its API was deleted, as its rules ask."
		if err := s.store.ForgetFetched(ctx, user, name, time.Time{}); err != nil {
			s.log.WarnContext(ctx, "what was fetched could not be deleted yet", slog.String("provider", string(name)), slog.Any("err", err))
			kept = "What came from its API is deleted within hours, as its rules ask; at the moment that failed."
		}
	}
	return told + " " + kept, nil
}
