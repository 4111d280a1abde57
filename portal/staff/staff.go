package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/route"
)

// SignInPath is the page where staff sign in.
const SignInPath = "/admin/sign-in"

// home is where staff come to after signing in.
const home = "/admin"

// Pages write pages, see [ui.Renderer].
type Pages interface {
	Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error
}

// A Sealer encrypts what must be readable again, see [keyring.Ring].
type Sealer interface {
	Seal(plaintext, purpose []byte) []byte
	Open(sealed, purpose []byte) ([]byte, error)
}

// Mail puts mails into the outbox, in the transaction that is the reason for them.
type Mail interface {
	Invite(ctx context.Context, t *db.Tx, i Invitation) error
	// Test mails a mail that shows that mail arrives.
	Test(ctx context.Context, t *db.Tx, to string) error
}

// An Invitation is what somebody is mailed to join the team, or to choose a new password.
type Invitation struct {
	To      string // an e-mail address
	Inviter string // who of the staff it is from
	Role    route.Role
	Token   string // the last part of the link's path, /admin/invitation/{token}
	Until   time.Time
}

// Options are what a Service can do without.
type Options struct {
	Development bool             // nobody needs a second factor
	OIDC        *OIDC            // nil: staff sign in with passwords and passkeys; else only with this
	Audit       ServerAudit      // the server's audit log; nil: the page shows the site's only
	Trusted     []netip.Prefix   // proxies whose word on the client's address counts
	Parallel    int              // passwords that are hashed at once, each with 46 MiB; 0: 2
	Now         func() time.Time // nil: time.Now
}

// A Service is the site's staff. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	pages     Pages
	base      *url.URL // the site's origin
	seal      Sealer
	mail      Mail
	opts      Options
	passwords *hasher
	passkeys  *webauthn.WebAuthn // nil: the site has no name, which passkeys need
}

// New returns the staff of the site at the origin base, such as https://pierre.example.
func New(d *db.DB, pages Pages, base string, seal Sealer, mail Mail, opts Options) (*Service, error) {
	origin, err := url.Parse(base)
	if err != nil || origin.Host == "" || origin.Scheme != "http" && origin.Scheme != "https" {
		return nil, pierre.Invalid("BASE_APP_URL", "BASE_APP_URL must be the site's origin, such as https://pierre.example.")
	}
	if opts.Parallel == 0 {
		opts.Parallel = 2
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	passwords, err := newHasher(opts.Parallel, params())
	if err != nil {
		return nil, err
	}
	s := &Service{db: d, pages: pages, base: origin, seal: seal, mail: mail, opts: opts, passwords: passwords}
	if _, err := netip.ParseAddr(origin.Hostname()); err == nil {
		return s, nil // browsers make no passkeys for addresses
	}
	s.passkeys, err = webauthn.New(&webauthn.Config{
		RPID: origin.Hostname(), RPDisplayName: "Pierre", RPOrigins: []string{origin.Scheme + "://" + origin.Host},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up passkeys: %w", err)
	}
	return s, nil
}

//go:embed templates
var templates embed.FS

// Templates returns the templates of the staff's pages, for the set "staff".
func Templates() fs.FS {
	set, err := fs.Sub(templates, "templates")
	if err != nil {
		panic(err) //nolint:forbidigo // the folder is in the program
	}
	return set
}

// Routes returns the staff's pages.
func (s *Service) Routes() []route.Route {
	routes := []route.Route{
		{Pattern: "GET /admin/sign-in", Role: route.Public, Handler: s.signInPage},
		{Pattern: "GET /admin/invitation/{token}", Role: route.Public, Handler: s.invitationPage},
		{Pattern: "POST /admin/sign-out", Role: route.Public, Handler: s.signOut},

		{Pattern: "GET /admin/me", Role: route.Viewer, Handler: s.mePage},
		{Pattern: "POST /admin/me/name", Role: route.Viewer, Handler: s.setName},
		{Pattern: "POST /admin/me/mails", Role: route.Viewer, Handler: s.setMails},
		{Pattern: "POST /admin/me/sessions/{hash}/end", Role: route.Viewer, Handler: s.endSession},
		{Pattern: "POST /admin/me/sessions/end", Role: route.Viewer, Handler: s.endSessions},

		{Pattern: "GET /admin/team", Role: route.Viewer, Handler: s.teamPage},
		{Pattern: "POST /admin/team/invite", Role: route.Owner, Handler: s.invite},
		{Pattern: "POST /admin/team/withdraw", Role: route.Owner, Handler: s.withdraw},
		{Pattern: "POST /admin/team/{id}/role", Role: route.Owner, Handler: s.setRole},
		{Pattern: "POST /admin/team/{id}/end-sessions", Role: route.Owner, Handler: s.endTheirSessions},
		{Pattern: "POST /admin/team/{id}/remove", Role: route.Owner, Handler: s.remove},

		{Pattern: "GET /admin/audit", Role: route.Viewer, Handler: s.auditPage},
		{Pattern: "GET /admin/audit/export", Role: route.Viewer, Handler: s.exportAudit},

		{Pattern: "GET /admin/settings", Role: route.Admin, Handler: s.settingsPage},
		{Pattern: "POST /admin/settings/{part}", Role: route.Admin, Handler: s.changeSettings},
		{Pattern: "POST /admin/settings/logo", Role: route.Admin, Handler: s.setLogo},
		{Pattern: "GET " + logoPath, Role: route.Public, Handler: s.logo},
		{Pattern: "POST /admin/settings/test-mail", Role: route.Admin, Handler: s.testMail},
		{Pattern: "GET /legal/{text}", Role: route.Public, Handler: s.legalPage},
	}
	if s.opts.OIDC != nil {
		return append(routes,
			route.Route{Pattern: "GET /admin/sign-in/oidc", Role: route.Public, Handler: s.beginOIDC},
			route.Route{Pattern: "GET /admin/sign-in/oidc/callback", Role: route.Public, Handler: s.finishOIDC},
		)
	}
	return append(routes, []route.Route{
		{Pattern: "POST /admin/sign-in", Role: route.Public, Handler: s.signIn},
		{Pattern: "GET /admin/sign-in/code", Role: route.Public, Handler: s.codePage},
		{Pattern: "POST /admin/sign-in/code", Role: route.Public, Handler: s.takeCode},
		{Pattern: "POST /admin/sign-in/passkey/begin", Role: route.Public, Handler: s.beginPasskey},
		{Pattern: "POST /admin/sign-in/passkey/finish", Role: route.Public, Handler: s.finishPasskey},
		{Pattern: "POST /admin/invitation/{token}", Role: route.Public, Handler: s.join},
		{Pattern: "GET /admin/second-factor", Role: route.Public, Handler: s.enrolPage},
		{Pattern: "POST /admin/second-factor", Role: route.Public, Handler: s.enrol},

		{Pattern: "POST /admin/me/password", Role: route.Viewer, Handler: s.setPassword},
		{Pattern: "POST /admin/me/recovery", Role: route.Viewer, Handler: s.newRecovery},
		{Pattern: "POST /admin/me/passkeys/begin", Role: route.Viewer, Handler: s.beginRegistration},
		{Pattern: "POST /admin/me/passkeys/finish", Role: route.Viewer, Handler: s.finishRegistration},
		{Pattern: "POST /admin/me/passkeys/{id}/remove", Role: route.Viewer, Handler: s.removePasskey},
		{Pattern: "POST /admin/team/{id}/reset", Role: route.Owner, Handler: s.reset},
	}...)
}

// Prune deletes what has ended: sessions, links, counts of guesses.
func (s *Service) Prune(ctx context.Context) error { return s.db.PruneStaff(ctx, s.opts.Now()) }

// OwnerLink returns a link that makes the account of an owner, or gives an owner's account a new password, once. It is for
// the operator's shell: whoever can run it has the database in hand.
func (s *Service) OwnerLink(ctx context.Context, email string) (link string, until time.Time, err error) {
	email, err = pierre.NormalizeEmail(email)
	if err != nil {
		return "", until, err
	}
	kind := db.LinkInvitation
	switch _, err := s.db.StaffByEmail(ctx, email); {
	case err == nil:
		kind = db.LinkReset
	case pierre.KindOf(err) != pierre.KindNotFound:
		return "", until, err
	}
	token := rand.Text()
	l := s.newLink(operator, kind, email, route.Owner, token)
	err = s.db.AddLink(ctx, db.Act{Person: operator, At: l.Created}, l, func(*db.Tx) error { return nil })
	return s.base.Scheme + "://" + s.base.Host + invitationPath + token, l.Expires, err
}

const (
	operator       = "operator" // who acts from the shell
	invitationPath = "/admin/invitation/"
	linkLife       = 3 * 24 * time.Hour
)

func (s *Service) newLink(by, kind, email string, role route.Role, token string) db.Link {
	now := s.opts.Now()
	return db.Link{Hash: hashOf(token), Kind: kind, Email: email, Role: role.String(), By: by, Created: now, Expires: now.Add(linkLife)}
}

// hashOf returns what is kept of a random token.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// act says that whoever makes the request changes something now.
func (s *Service) act(r *http.Request) db.Act {
	p, _ := route.PersonFrom(r.Context())
	return db.Act{Person: p.Email, At: s.opts.Now()}
}

// network returns the network that the request came from.
func (s *Service) network(r *http.Request) string { return web.ClientNetwork(r, s.opts.Trusted) }

const maxForm = 512 << 10

// form reads the form of the request's body.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) { return web.Form(w, r, maxForm) }

// goTo sends the browser to a page of the site with GET.
func goTo(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // route.Local has checked what came from a request
	return nil
}
