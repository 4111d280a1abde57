package provider

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

const (
	linkFor  = 15 * time.Minute
	maxKey   = 200 // characters of a personal key
	path     = "/connect/"
	callback = path + "callback/"
	hooks    = "/hooks/"

	keysAtOnce = 4 // personal keys that one server tries at the same time
)

// A Link leads an athlete to the page that connects an account.
type Link struct {
	URL       string
	Title     string // of the provider
	Expires   time.Time
	Connected bool   // there is a connection, which a new one takes the place of
	Risk      string // what to tell the athlete before
}

// Invite returns a link for the user.
func (s *Service) Invite(ctx context.Context, user pierre.UserID, name pierre.Provider) (Link, error) {
	p, err := s.provider(name)
	if err != nil {
		return Link{}, err
	}
	if err := s.ready(p); err != nil {
		return Link{}, err
	}
	c, err := s.store.Connection(ctx, user, name)
	if err != nil && pierre.KindOf(err) != pierre.KindNotFound {
		return Link{}, err
	}
	connected := err == nil && c.Status == pierre.ConnectionActive
	token := rand.Text()
	l := pierre.ConnectionLink{Token: sha256.Sum256([]byte(token)), UserID: user, Provider: name, Expires: s.now().Add(linkFor)}
	if err := s.store.KeepLink(ctx, l, s.now()); err != nil {
		return Link{}, err
	}
	return Link{URL: s.origin() + path + token, Title: p.Title, Expires: l.Expires, Connected: connected, Risk: p.Risk}, nil
}

// An Invitation is what the page of a link shows.
type Invitation struct {
	Title     string // of the provider
	Account   string // of the athlete at this server
	Risk      string
	Note      string // what else the athlete should know before
	KeyWhere  string // where the athlete finds the personal key that the page asks for; "": it asks for none
	Leads     string // to which host the page leads on; "": it asks for a key
	Connected bool
}

// Invitation returns what the link's page shows.
func (s *Service) Invitation(ctx context.Context, token string) (Invitation, error) {
	l, p, err := s.link(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	account, err := s.store.UserEmail(ctx, l.UserID)
	if err != nil {
		return Invitation{}, err
	}
	c, err := s.store.Connection(ctx, l.UserID, l.Provider)
	if err != nil && pierre.KindOf(err) != pierre.KindNotFound {
		return Invitation{}, err
	}
	i := Invitation{Title: p.Title, Account: account, Risk: p.Risk, Note: p.Note, Connected: err == nil && c.Status == pierre.ConnectionActive}
	if s.byKey(p) {
		i.KeyWhere = p.Key.Where
		return i, nil
	}
	u, err := url.Parse(p.OAuth.Authorize)
	if err == nil {
		i.Leads = u.Scheme + "://" + u.Host
	}
	return i, err
}

func (s *Service) link(ctx context.Context, token string) (pierre.ConnectionLink, *Provider, error) {
	l, err := s.store.Link(ctx, sha256.Sum256([]byte(token)), s.now())
	if err != nil {
		return l, nil, expired(err)
	}
	p, err := s.provider(l.Provider)
	if err == nil {
		err = s.ready(p)
	}
	return l, p, err
}

// expired words the error of a link that is not in force.
func expired(err error) error {
	if pierre.KindOf(err) != pierre.KindNotFound {
		return err
	}
	return &pierre.Error{Kind: pierre.KindNotFound, Msg: "This link has expired or was used. If a page said that the account is connected, it is. Otherwise ask your assistant to connect again; it gives you a new link.", Err: err}
}

// derive makes a value of the secret that a browser holds: the state of a request, which goes through the provider, and the
// verifier of PKCE, which goes to it alone.
func derive(browser, purpose string) string {
	sum := sha256.Sum256([]byte("pierre connect " + purpose + "\x00" + browser))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Ask returns the address at the provider where the athlete consents. browser is a fresh secret that the athlete's browser
// keeps until it comes back: another browser cannot end what this one began.
func (s *Service) Ask(ctx context.Context, token, browser string) (string, error) {
	l, p, err := s.link(ctx, token)
	if err != nil {
		return "", err
	}
	if s.byKey(p) {
		return "", pierre.Invalid("key", "Enter the key.")
	}
	state := derive(browser, "state")
	if err := s.store.AskProvider(ctx, l.Token, sha256.Sum256([]byte(state)), s.now()); err != nil {
		return "", expired(err)
	}
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(derive(browser, "verifier"))}
	for name, values := range p.OAuth.Extra {
		opts = append(opts, oauth2.SetAuthURLParam(name, values[0]))
	}
	return s.oauth(p).AuthCodeURL(state, opts...), nil
}

func (s *Service) redirectURL(p *Provider) string { return s.origin() + callback + string(p.Name) }

// An Answer is what a provider sends back with the athlete's browser.
type Answer struct {
	Provider pierre.Provider // whose page the browser comes from
	State    string
	Code     string
	Error    string // in place of the code
	Scope    string // what was granted, where the answer says so
	Browser  string // the secret that the browser kept
}

// A Connected is a connection that was made.
type Connected struct {
	Title string
	Again bool // there was one before
}

// Complete ends what [Service.Ask] began: it exchanges the code for tokens and keeps the connection.
func (s *Service) Complete(ctx context.Context, a Answer) (Connected, error) {
	if a.Browser == "" || subtle.ConstantTimeCompare([]byte(derive(a.Browser, "state")), []byte(a.State)) != 1 {
		return Connected{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "This answer was not asked for by this browser, or its link has expired. If an earlier page said that the account is connected, it is. Otherwise open a link in one browser and go through it there; ask your assistant for a new one."}
	}
	l, err := s.store.TakeState(ctx, sha256.Sum256([]byte(a.State)), s.now())
	if err != nil {
		return Connected{}, expired(err)
	}
	p, err := s.provider(l.Provider)
	if err != nil {
		return Connected{}, err
	}
	switch {
	case l.Provider != a.Provider:
		return Connected{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "The answer is of another provider than was asked. Nothing was connected."}
	case a.Error == "access_denied":
		return Connected{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "You did not give access at " + p.Title + ". Nothing was connected; ask your assistant for a new link if that was not meant."}
	case a.Error != "" || a.Code == "":
		return Connected{}, &pierre.Error{Kind: pierre.KindConflict, Msg: p.Title + " refused the connection and gives as its reason: " + printable(a.Error) + ". Tell this server's operator if it stays so."}
	}
	token, err := s.oauth(p).Exchange(s.tokenContext(ctx, p), a.Code, oauth2.VerifierOption(derive(a.Browser, "verifier")))
	if err != nil {
		return Connected{}, s.unanswered(p, limitedBy(err, s.now()))
	}
	creds := s.grantedBy(token)
	creds.Scope = cmp.Or(creds.Scope, a.Scope)
	if lacks := lacking(p, creds.Scope); len(lacks) > 0 {
		return Connected{}, &pierre.Error{Kind: pierre.KindDenied, Msg: "You gave " + p.Title + " no leave to hand out what is needed (" + strings.Join(lacks, ", ") + "). Nothing was connected; ask your assistant for a new link and leave those boxes ticked."}
	}
	return s.keep(ctx, l, p, creds, token)
}

// CompleteKey connects by a personal key. How many are tried is bounded: this server must not serve to find keys.
func (s *Service) CompleteKey(ctx context.Context, token, key string) (Connected, error) {
	l, p, err := s.link(ctx, token)
	if err != nil {
		return Connected{}, err
	}
	key = strings.TrimSpace(key)
	if !s.byKey(p) || key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Connected{}, pierre.Invalid("key", "This is no key of %s. Copy it whole, without blanks.", p.Title)
	}
	select {
	case s.keys <- struct{}{}:
		defer func() { <-s.keys }()
	default:
		return Connected{}, &pierre.Error{Kind: pierre.KindUnavailable, Msg: "Several keys are being tried at the moment. Nothing was connected; open the link again in a minute."}
	}
	if err := s.store.TryLink(ctx, l.Token, s.now()); err != nil {
		return Connected{}, expired(err)
	}
	done, err := s.keep(ctx, l, p, credentials{Key: key}, nil)
	if err != nil {
		return done, err
	}
	_, err = s.store.TakeLink(ctx, l.Token, s.now())
	if lost(err) {
		err = nil // it was used twice at once, for the same
	}
	return done, err
}

// keep finds out whose account it is, and keeps the connection.
func (s *Service) keep(ctx context.Context, l pierre.ConnectionLink, p *Provider, creds credentials, granted *oauth2.Token) (Connected, error) {
	now := s.now()
	c := pierre.Connection{UserID: l.UserID, Provider: l.Provider, Connected: now, Due: now}
	client := &Client{Provider: p, service: s, conn: c, creds: creds}
	var err error
	if c.Account, err = p.Account(ctx, client, granted); err != nil {
		return Connected{}, s.unanswered(p, err)
	}
	before, err := s.store.Connection(ctx, l.UserID, l.Provider)
	if err != nil && !lost(err) {
		return Connected{}, err
	}
	again := err == nil && before.Account == c.Account
	if c.Sealed, err = s.seal(c, creds); err != nil {
		return Connected{}, err
	}
	if err := s.store.KeepConnection(ctx, c); err != nil {
		return Connected{}, err
	}
	if word := s.apps[p.Name].WebhookSecret.Reveal(); p.Joined != nil && word != "" {
		if err := p.Joined(ctx, client, s.origin()+hooks+string(p.Name)+"/"+word); err != nil {
			s.log.WarnContext(ctx, "a provider was not asked for calls", slog.String("provider", string(p.Name)), slog.Any("err", err))
		}
	}
	return Connected{Title: p.Title, Again: again}, nil
}

// unanswered words why a provider's answer did not connect.
func (s *Service) unanswered(p *Provider, err error) error {
	e := &pierre.Error{Kind: pierre.KindUnavailable, Msg: p.Title + " could not be asked. Nothing was connected; ask your assistant for a new link in a few minutes.", Err: err}
	st, isStatus := errors.AsType[*StatusError](err)
	_, limited := errors.AsType[*LimitedError](err)
	switch {
	case errors.Is(err, errRefused):
		e.Kind, e.Msg = pierre.KindDenied, p.Title+" does not accept this. Nothing was connected; check what you entered."
	case limited:
		e.Kind, e.Msg = pierre.KindUnavailable, p.Title+" is asked too often at the moment. Nothing was connected; try again later."
	case isStatus && st.Status == http.StatusForbidden:
		e.Kind, e.Msg = pierre.KindDenied, p.Title+" refuses this server, perhaps because it has as many athletes as it may. Nothing was connected; tell the server's operator."
	case isStatus && st.Status < http.StatusInternalServerError:
		e.Kind, e.Msg = pierre.KindConflict, p.Title+" refused the connection. Nothing was connected; ask your assistant for a new link, and tell this server's operator if it stays so."
	}
	return e
}

// lacking returns the scopes without which nothing can be fetched and which were not granted, if the provider says what was.
func lacking(p *Provider, granted string) []string {
	has := strings.FieldsFunc(granted, func(r rune) bool { return r == ' ' || r == ',' })
	if len(has) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.OAuth.Needs), func(scope string) bool { return slices.Contains(has, scope) })
}

// printable returns the beginning of a text that others wrote, without what is no plain character.
func printable(text string) string {
	const most = 80
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	if text == "" {
		return "none"
	}
	return text[:min(len(text), most)]
}
