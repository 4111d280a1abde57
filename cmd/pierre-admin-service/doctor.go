package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	doctorTimeout = 15 * time.Second
	soon          = 30 * 24 * time.Hour
)

// A finding is what one check found.
type finding struct {
	what string
	text string // what is, or what is wrong and what to do
	bad  bool
}

func good(what, format string, args ...any) finding {
	return finding{what: what, text: fmt.Sprintf(format, args...)}
}

func bad(what, format string, args ...any) finding {
	return finding{what: what, text: fmt.Sprintf(format, args...), bad: true}
}

func newDoctor(c *config) *cobra.Command {
	var mailTo string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is missing: settings, database, server, token, mail",
		Long: `doctor looks at everything that the site needs and says what is missing, a line each.
With --mail-to it also sends a mail to that address. The exit code is 1 if something is
missing.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer cancel()
			missing := 0
			for _, f := range c.examine(ctx, mailTo) {
				mark := "ok     "
				if f.bad {
					mark = "MISSING"
					missing++
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %-9s %s\n", mark, f.what, f.text); err != nil {
					return err
				}
			}
			if missing > 0 {
				return fmt.Errorf("%d of the checks failed", missing)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&mailTo, "mail-to", "", "send a test mail to this address")
	return cmd
}

func (c *config) examine(ctx context.Context, mailTo string) []finding {
	var list []finding
	if err := c.load(); err != nil {
		for line := range strings.Lines(err.Error()) {
			list = append(list, bad("settings", "%s", strings.TrimSpace(line)))
		}
	} else {
		list = append(list, good("settings", "complete; people reach the site at %s", c.baseURL))
	}
	if strings.HasPrefix(c.baseURL, "http://") && !web.Loopback(hostOf(c.baseURL)) {
		list = append(list, bad("settings", "the site is reached at %s, without TLS: passwords and keys would be read on the way", c.baseURL))
	}
	list = append(list, c.examineDatabase(ctx)...)
	list = append(list, c.examineServer(ctx)...)
	return append(list, c.examineMail(ctx, mailTo))
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	return u.Hostname()
}

func (c *config) examineDatabase(ctx context.Context) []finding {
	d, err := db.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return []finding{bad("database", "%s", pierre.MessageOf(err, "it cannot be opened"))}
	}
	defer d.Close() //nolint:errcheck // nothing was written
	if err := d.Ready(ctx); err != nil {
		return []finding{bad("database", "%s: %s", d.Name(), pierre.MessageOf(err, "it does not answer"))}
	}
	list := []finding{good("database", "%s", d.Name())}
	team, err := d.Team(ctx, time.Now())
	if err != nil {
		return append(list, bad("staff", "the accounts cannot be read"))
	}
	if !slices.ContainsFunc(team, func(m db.Member) bool { return m.Role == "owner" }) {
		return append(list, bad("staff", "there is no owner: pierre-admin-service create-owner --email ADDRESS prints a link that makes one"))
	}
	return append(list, good("staff", "%d accounts", len(team)))
}

// needed are the permissions of the site's token.
func needed() []pierre.Permission {
	return []pierre.Permission{
		pierre.PermProvisionKeys, pierre.PermListKeys, pierre.PermRevokeKeys, pierre.PermUpdateKeyLimits,
		pierre.PermViewAuditLogs, pierre.PermManageUsers,
	}
}

func (c *config) examineServer(ctx context.Context) []finding {
	client, err := adminapi.NewClient(c.serverURL, c.adminToken, adminapi.ClientOptions{})
	if err != nil {
		return []finding{bad("server", "%v", err)}
	}
	info, err := client.TokenInfo(ctx)
	if refused, ok := errors.AsType[*adminapi.Error](err); ok {
		if refused.Status == http.StatusUnauthorized {
			return []finding{good("server", "%s answers", c.serverURL), bad("token", "the server does not accept it: scripts/setup-admin-token.sh makes a new one")}
		}
		return []finding{bad("server", "%s answers with %d: %s", c.serverURL, refused.Status, refused.Detail)}
	}
	if err != nil {
		return []finding{bad("server", "%s does not answer: is pierre-mcp-server running there?", c.serverURL)}
	}
	list := []finding{good("server", "%s answers", c.serverURL)}
	var missing []string
	for _, p := range needed() {
		if !slices.Contains(info.Permissions, p) {
			missing = append(missing, string(p))
		}
	}
	if len(missing) > 0 {
		return append(list, bad("token", "of service %s may not %s: make one with scripts/setup-admin-token.sh", info.Service, strings.Join(missing, ", ")))
	}
	if info.ExpiresAt != nil && time.Until(*info.ExpiresAt) < soon {
		return append(list, bad("token", "ends on %s: make a new one with scripts/setup-admin-token.sh", info.ExpiresAt.Format("2 January 2006")))
	}
	return append(list, good("token", "of service %s, with all permissions that the site needs", info.Service))
}

func (c *config) examineMail(ctx context.Context, to string) finding {
	sender, by, err := c.sender()
	if err != nil {
		return bad("mail", "%s", pierre.MessageOf(err, "mails cannot leave"))
	}
	if to == "" {
		return good("mail", "leaves by %s; --mail-to ADDRESS tries it", by)
	}
	m, err := mail.Texts{Operator: "Pierre", BaseURL: c.baseURL}.Test(to, "doctor", time.Now())
	if err != nil {
		return bad("mail", "%s", pierre.MessageOf(err, "the mail cannot be written"))
	}
	if err := sender.Send(ctx, mail.Outgoing{Message: m, ID: "DOCTOR" + fmt.Sprint(time.Now().UnixNano()), Written: time.Now()}); err != nil {
		return bad("mail", "by %s: %s", by, pierre.MessageOf(err, err.Error()))
	}
	return good("mail", "a mail to %s left by %s", to, by)
}
