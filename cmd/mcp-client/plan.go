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

func (o *planOptions) register(cmd *cobra.Command) {
	registerName(cmd, &o.name)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write into this `FILE`; default: stdout")
}

// mostPlan bounds what a server sends.
const mostPlan = 16 << 20

func savePlan(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions, path string) error {
	_, body, err := askPlan(ctx, w, conn, opts, http.MethodGet, path)
	if err != nil {
		return err
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

// askPlan asks the server, and returns where that was and its answer.
func askPlan(ctx context.Context, w cli.World, conn *connection.Settings, opts *planOptions, method, path string) (connection.Endpoint, []byte, error) {
	conn.OrInstalled(w.Getenv, opts.name)
	e, err := conn.Endpoint(w.Getenv)
	if err != nil {
		return e, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, e.At(path).String(), http.NoBody)
	if err != nil {
		return e, nil, err
	}
	e.Authorize(req)
	res, err := e.HTTP.Do(req)
	if err != nil {
		return e, nil, fmt.Errorf("asking the server: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostPlan))
	if err != nil {
		return e, nil, fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		if missing := e.MissingKey(res.StatusCode); missing != nil {
			return e, nil, missing
		}
		return e, nil, &refusedError{res.StatusCode, fmt.Sprintf("the server answered %s: %.300s", res.Status, body)}
	}
	return e, body, nil
}

// A refusedError is an answer that is not what was asked for.
type refusedError struct {
	status int
	text   string
}

// Error implements error.
func (e *refusedError) Error() string { return e.text }
