package adminservice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/web"
	"github.com/pierre-mcp/pierre/portal/db"
	"github.com/pierre-mcp/pierre/portal/mail"
	"github.com/pierre-mcp/pierre/remote/adminapi"
)

const (
	doctorTimeout = 15 * time.Second
	soon          = 30 * 24 * time.Hour
	newToken      = "scripts/setup-admin-token.sh makes a new one"
)

func good(name, format string, args ...any) doctor.Check {
	return doctor.Check{Name: name, Status: doctor.OK, Detail: fmt.Sprintf(format, args...)}
}

// bad is a check that failed; fix says what to do, "" if the detail does.
func bad(name, detail, fix string) doctor.Check {
	return doctor.Check{Name: name, Status: doctor.Fail, Detail: detail, Fix: fix}
}

func newDoctor(c *config) *cobra.Command {
	var mailTo string
	asJSON := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is missing: settings, database, server, token, mail",
		Long: `doctor looks at everything that the site needs: each check is ok, a warning or a failure,
with what to do. With --mail-to it also sends a mail to that address. It takes at most a
quarter of a minute and changes nothing. The exit code is 1 if a check failed.`,
		Example: `  pierre-admin-service doctor --mail-to me@example.com
  pierre-admin-service doctor --json | jq '.checks[] | select(.status == "fail")'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer cancel()
			report := doctor.NewReport(c.examine(ctx, mailTo))
			if asJSON {
				return errors.Join(cli.WriteJSON(cmd.OutOrStdout(), report), report.Err())
			}
			_, err := io.WriteString(cmd.OutOrStdout(), report.Text())
			return errors.Join(err, report.Err())
		},
	}
	cmd.Flags().StringVar(&mailTo, "mail-to", "", "send a test mail to this address")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return cmd
}

func (c *config) examine(ctx context.Context, mailTo string) []doctor.Check {
	list := []doctor.Check{good("program", "pierre-admin-service %s", buildinfo.Version())}
	if err := c.load(); err != nil {
		for line := range strings.Lines(err.Error()) {
			list = append(list, bad("settings", strings.TrimSpace(line), "correct it, and run doctor again"))
		}
	} else {
		list = append(list, good("settings", "complete; people reach the site at %s", c.baseURL))
	}
	if strings.HasPrefix(c.baseURL, "http://") && !web.Loopback(hostOf(c.baseURL)) {
		list = append(list, bad("settings", "the site is reached at "+c.baseURL+", without TLS: passwords and keys would be read on the way", "put a proxy with a certificate in front, or give --tls-cert and --tls-key"))
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

func (c *config) examineDatabase(ctx context.Context) []doctor.Check {
	d, err := db.Open(c.databaseURL, c.dataDir)
	if err != nil {
		return []doctor.Check{bad("database", pierre.MessageOf(err, "it cannot be opened"), "correct --database-url")}
	}
	defer d.Close() //nolint:errcheck // nothing was written
	if err := d.Ready(ctx); err != nil {
		return []doctor.Check{bad("database", d.Name()+": "+pierre.MessageOf(err, "it does not answer"), "pierre-admin-service migrate brings it up to date; serving does so by itself")}
	}
	list := []doctor.Check{good("database", "%s", d.Name())}
	team, err := d.Team(ctx, time.Now())
	if err != nil {
		return append(list, bad("staff", "the accounts cannot be read", ""))
	}
	if !slices.ContainsFunc(team, func(m db.Member) bool { return m.Role == "owner" }) {
		return append(list, bad("staff", "there is no owner", "pierre-admin-service create-owner --email ADDRESS prints a link that makes one"))
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

func (c *config) examineServer(ctx context.Context) []doctor.Check {
	client, err := adminapi.NewClient(c.serverURL, c.adminToken, adminapi.ClientOptions{})
	if err != nil {
		return []doctor.Check{bad("server", err.Error(), "correct --server-url")}
	}
	info, err := client.TokenInfo(ctx)
	if refused, ok := errors.AsType[*adminapi.Error](err); ok {
		if refused.Status == http.StatusUnauthorized {
			return []doctor.Check{good("server", "%s answers", c.serverURL), bad("token", "the server does not accept it", newToken)}
		}
		return []doctor.Check{bad("server", fmt.Sprintf("%s answers with %d: %s", c.serverURL, refused.Status, refused.Detail), "")}
	}
	if err != nil {
		return []doctor.Check{bad("server", c.serverURL+" does not answer", "start pierre-mcp-server there, or correct --server-url")}
	}
	list := []doctor.Check{good("server", "%s answers", c.serverURL)}
	var missing []string
	for _, p := range needed() {
		if !slices.Contains(info.Permissions, p) {
			missing = append(missing, string(p))
		}
	}
	if len(missing) > 0 {
		return append(list, bad("token", "of service "+info.Service+" may not "+strings.Join(missing, ", "), newToken))
	}
	if info.ExpiresAt != nil && time.Until(*info.ExpiresAt) < soon {
		return append(list, doctor.Check{Name: "token", Status: doctor.Warn, Detail: "ends on " + info.ExpiresAt.Format("2 January 2006"), Fix: newToken})
	}
	return append(list, good("token", "of service %s, with all permissions that the site needs", info.Service))
}

func (c *config) examineMail(ctx context.Context, to string) doctor.Check {
	sender, by, err := c.sender()
	if err != nil {
		return bad("mail", pierre.MessageOf(err, "mails cannot leave"), "")
	}
	if to == "" {
		return good("mail", "leaves by %s; --mail-to ADDRESS tries it", by)
	}
	m, err := mail.Texts{Operator: "Pierre", BaseURL: c.baseURL}.Test(to, "doctor", time.Now())
	if err != nil {
		return bad("mail", pierre.MessageOf(err, "the mail cannot be written"), "")
	}
	if err := sender.Send(ctx, mail.Outgoing{Message: m, ID: "DOCTOR" + fmt.Sprint(time.Now().UnixNano()), Written: time.Now()}); err != nil {
		return bad("mail", "by "+by+": "+pierre.MessageOf(err, err.Error()), "")
	}
	return good("mail", "a mail to %s left by %s", to, by)
}
