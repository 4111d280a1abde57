package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/pierre-mcp/pierre/internal/cli"
	"github.com/pierre-mcp/pierre/internal/connection"
)

const workoutLong = `workout saves a planned workout as a file: --format fit for watches and bike
computers (copy it into GARMIN/NewFiles of the device, or send it with the maker's
program), --format zwo for Zwift. The tool get_calendar lists workouts and their ids.`

const calendarLong = `calendar prints what is planned, and the days of goals, as an iCalendar file that
phones and calendar programs import. Events that are imported again replace the old ones.`

// planOptions are the flags of the commands that save what is planned.
type planOptions struct {
	name   string
	format string
	output string
}

func newWorkoutCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(planOptions)
	cmd := &cobra.Command{
		Use:     "workout ID",
		Short:   "Save a planned workout as a file for a watch or Zwift",
		Long:    workoutLong,
		Example: "  mcp-client workout workout_4f… -o intervals.fit\n  mcp-client workout workout_4f… --format zwo -o intervals.zwo",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usagef(`workout needs the id of one workout; "mcp-client call get_calendar" lists them`)
			}
			if opts.format != "fit" && opts.format != "zwo" {
				return cli.Usagef("--format must be fit or zwo, not %.40q", opts.format)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return savePlan(cmd.Context(), w, conn, opts, "/v1/workouts/"+url.PathEscape(args[0])+"."+opts.format)
		},
	}
	cmd.Flags().StringVar(&opts.format, "format", "fit", "`kind` of file: fit or zwo")
	opts.register(cmd)
	return cmd
}

func newCalendarCmd(w cli.World, conn *connection.Settings) *cobra.Command {
	opts := new(planOptions)
	cmd := &cobra.Command{
		Use:     "calendar",
		Short:   "Print what is planned as a calendar file",
		Long:    calendarLong,
		Example: "  mcp-client calendar > plan.ics",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return savePlan(cmd.Context(), w, conn, opts, "/v1/calendar.ics")
		},
	}
	opts.register(cmd)
	return cmd
}

func (o *planOptions) register(cmd *cobra.Command) {
	registerName(cmd, &o.name)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write into this `FILE`; default: stdout")
}

// mostPlan bounds what a server sends.
const mostPlan = 16 << 20

func savePlan(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions, path string) error {
	conn.OrInstalled(w.Getenv, opts.name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.At(path).String(), nil)
	if err != nil {
		return err
	}
	e.Authorize(req)
	res, err := e.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostPlan))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		if missing := e.MissingKey(res.StatusCode); missing != nil {
			return missing
		}
		return fmt.Errorf("the server answered %s: %.300s", res.Status, body)
	}
	if opts.output == "" {
		_, err = w.Stdout.Write(body)
		return err
	}
	if err := os.WriteFile(opts.output, body, 0o600); err != nil {
		return fmt.Errorf("saving the file: %w", err)
	}
	return nil
}
