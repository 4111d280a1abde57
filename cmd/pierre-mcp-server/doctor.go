package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/buildinfo"
	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/doctor"
	"github.com/pierre-mcp/pierre/internal/keyring"
	"github.com/pierre-mcp/pierre/internal/serverdoctor"
)

func newDoctor(c *config, w cli.World) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what is wrong with the server, or soon will be",
		Long: `doctor looks at everything that the server needs: the settings, the data folder and its
disk, who can read the files, the database and its integrity, Redis, the clocks, the certificate,
the way from the public URL through the proxy to this server, the secrets, the file of foods, and the
age of the last backup (BACKUP_DIR). Each check is ok, a warning or a failure, with why it matters and what to
do. It takes at most half a minute and changes nothing. Run it with the server's own settings.

The exit code is 1 if a check failed.`,
		Example: `  pierre-mcp-server doctor --data-dir /var/lib/pierre --public-url https://pierre.example.com
  pierre-mcp-server doctor --json | jq '.checks[] | select(.status == "fail")'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report := doctor.NewReport(c.examine(cmd.Context(), w))
			if asJSON {
				return errors.Join(cli.WriteJSON(w.Stdout, report), report.Err())
			}
			_, err := io.WriteString(w.Stdout, report.Text())
			return errors.Join(err, report.Err())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return cmd
}

// examine makes all checks. If settings are wrong, there is nothing to look at.
func (c *config) examine(ctx context.Context, w cli.World) []doctor.Check {
	checks := []doctor.Check{{Name: "program", Status: doctor.OK, Detail: "pierre-mcp-server " + buildinfo.Version()}}
	c.serves = !c.singleTenant
	if err := c.load(); err != nil {
		for line := range strings.Lines(err.Error()) {
			checks = append(checks, doctor.Check{
				Name: "settings", Status: doctor.Fail, Detail: strings.TrimSpace(line), Why: "The server does not start.", Fix: "correct it, and run doctor again",
			})
		}
		return checks
	}
	for _, text := range c.warnings {
		checks = append(checks, doctor.Check{Name: "settings", Status: doctor.Warn, Detail: text, Fix: "set PIERRE_HOST, or unset the variable"})
	}
	if len(c.warnings) == 0 {
		checks = append(checks, doctor.Check{Name: "settings", Status: doctor.OK, Detail: "all can be used"})
	}
	jwt, err := keyring.JWTSecret(c.dataDir, c.jwtSecret)
	if err != nil {
		checks = append(checks, doctor.Check{Name: "secrets", Status: doctor.Fail, Detail: err.Error(), Why: "The server does not start.", Fix: "restore the file, or make a new secret with openssl rand -base64 32"})
	}
	return append(checks, serverdoctor.Run(ctx, serverdoctor.Server{
		DatabaseURL: c.databaseURL, DataDir: c.dataDir, RedisURL: c.redisURL, CertFile: c.tlsCert, PublicURL: c.publicURL, JWTSecret: jwt,
		SecretFiles: keyring.Files(c.dataDir, c.jwtSecret, c.encryptionKey), BackupDir: w.Getenv("BACKUP_DIR"), FoodFile: c.foodFile,
	}, time.Now)...)
}
