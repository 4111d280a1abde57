package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
	"github.com/pierre-mcp/pierre/internal/doctor"
)

const doctorLong = `doctor looks for the reason why a host cannot use the server: the name, the proxy,
the certificate, the clock, the key and its limits, both eras of the protocol, and
the entries in this computer's hosts. Each check is ok, a warning or a failure with
what to do about it. It takes at most ten seconds and changes nothing; if the server
offers get_connection_status, one call of it counts against the limit of your key.

Without --url it uses the entry that "mcp-client install" wrote. The exit code is 1
if a check failed.`

const doctorExample = `  mcp-client doctor
  PIERRE_AUTH_KEY=pk_live_... mcp-client doctor --url https://pierre.example.com
  mcp-client doctor --json | jq '.checks[] | select(.status == "fail")'`

func newDoctorCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(terminalOptions)
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Find out why a host cannot use the server",
		Long:    doctorLong,
		Example: doctorExample,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report := doctor.Run(cmd.Context(), conn, opts.name, w.Getenv)
			if opts.json {
				return errors.Join(cli.WriteJSON(w.Stdout, report), report.Err())
			}
			_, err := io.WriteString(w.Stdout, report.Text())
			return errors.Join(err, report.Err())
		},
	}
	opts.register(cmd, "print the checks as JSON")
	return cmd
}
