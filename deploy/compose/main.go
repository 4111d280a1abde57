// Command compose reads compose files as Docker Compose does and prints what they amount to, as JSON: merged, with all variables
// replaced. It refuses what Docker Compose would refuse. Tests start the programs with the environment that it prints.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("compose -env .env -profiles redis,backups FILE…", flag.ContinueOnError)
	env := flags.String("env", "", "file of variables")
	profiles := flags.String("profiles", "", "profiles, comma-separated; * for all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	project, err := load(ctx, flags.Args(), *env, strings.Split(*profiles, ","))
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(project)
}

// load reads and checks the files. Only the file env gives variables; that of this process are not looked at.
func load(ctx context.Context, files []string, env string, profiles []string) (*types.Project, error) {
	options := []cli.ProjectOptionsFn{cli.WithName("pierre"), cli.WithProfiles(profiles), cli.WithInterpolation(true), cli.WithConsistency(true), cli.WithNormalization(true)}
	if env != "" {
		options = append(options, cli.WithEnvFiles(env), cli.WithDotEnv)
	}
	o, err := cli.NewProjectOptions(files, options...)
	if err != nil {
		return nil, err
	}
	return o.LoadProject(ctx)
}
