// Package tools holds the MCP tools: their names, arguments, answers and wording. A tool is declared once, by a spec, the
// structs of its arguments and of its answer, and a method.
//
// It has no formulas (package fitness), asks package training about an athlete's history, and declares what it needs of
// a store. The user comes with the context (package access): an answer is about that user's data alone.
//
// Names and arguments are those of the original Pierre server. Answers follow its rule that a field's name carries its
// unit, that what was not recorded is absent, and that a computed value comes with how it was computed.
package tools

import (
	"cmp"
	"runtime"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"github.com/pierre-mcp/pierre/internal/training"
)

// Instructions tells a model how to work with the tools; it belongs into the answer to initialize.
const Instructions = `Pierre answers questions about one athlete's own training data (imported recordings, connected accounts).
Start with get_activities to find activities and their ids; get_activity shows one in detail; get_stats sums up.
analyze_activity, calculate_metrics, compare_activities, analyze_training_load and predict_performance compute; get_chart draws.
detect_patterns, calculate_fitness_score, generate_recommendations and suggest_goals apply published rules; set_goal, track_progress and analyze_goal_feasibility are for goals; plan_workout and get_calendar for what is planned.
get_wellness, the tools for sleep, calculate_recovery_score and suggest_rest_day read values of days.
Tools that read activities take provider (such as file, strava, garmin, intervals_icu), too; leave it out for all sources, merged. Goals that are set always count all.
Units are in the field names (meters, seconds, mps = metres per second, bpm, watts). A field that is absent was not recorded: never read it as 0.
A computed value comes with its method (formula and source), its inputs (recorded, user: from the profile, or estimated) and coverage_percent, the share of the recorded time that had the samples; quote these when it matters.
not_available stands in place of a value and says what is missing; if it names set_athlete_profile, ask the athlete for it, do not guess.
start_time is UTC, local_start_time the athlete's clock.`

// A Catalog is the tools over one store.
type Catalog struct {
	data     Store
	training *training.Service
	now      func() time.Time
	options  Options
	accounts Accounts
	drawing  chan struct{} // holds one for each picture that is being drawn
	all      []tool
}

// Options are what answers say of the installation. The zero value takes the defaults.
type Options struct {
	Allowances    Allowances // what keys may do; nil: there are no keys, and no tool that asks for their limits
	Accounts      Accounts   // that can be connected; nil: none
	Weather       Weather    // nil: this server may not ask for it, and there is no tool for it
	Foods         Foods      // nil: the operator has given none, and there are no tools for them
	ImportCommand string     // that adds recordings, without their path; default "mcp-client import"
}

// New returns the tools that answer from data, and compute with coach.
func New(data Store, coach *training.Service, now func() time.Time, o Options) *Catalog {
	o.ImportCommand = cmp.Or(o.ImportCommand, "mcp-client import")
	c := &Catalog{data: data, training: coach, now: now, options: o, accounts: o.Accounts, drawing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	if c.accounts == nil {
		c.accounts = noAccounts{}
	}
	c.all = c.tools()
	return c
}

// Register adds every tool to s, always in the same order, the resources and the prompts. The handlers return errors as they are: what a client may
// read of one is decided where calls are dispatched.
func (c *Catalog) Register(s *server.MCPServer) {
	for _, t := range c.all {
		s.AddTool(t.definition, t.call)
	}
	c.registerResources(s)
	registerPrompts(s)
}

func (c *Catalog) tools() []tool {
	all := []tool{
		c.getActivities(),
		c.getActivity(),
		c.getStats(),
		c.getRecords(),
		c.getZonesOverTime(),
		c.getWellness(),
		c.getChart(),
		c.analyzeSleepQuality(),
		c.trackSleepTrends(),
		c.optimizeSleepSchedule(),
		c.calculateRecoveryScore(),
		c.suggestRestDay(),
		c.getAthlete(),
		c.setAthleteProfile(),
		c.getConnectionStatus(),
		c.connectProvider(),
		c.disconnectProvider(),
		c.connectStrava(),
		c.connectFitbit(),
		c.analyzeActivity(),
		c.calculateMetrics(),
		c.analyzeTrainingLoad(),
		c.analyzePerformanceTrends(),
		c.predictPerformance(),
		c.compareActivities(),
		c.getActivityIntelligence(),
		c.detectPatterns(),
		c.calculateFitnessScore(),
		c.generateRecommendations(),
		c.setGoal(),
		c.trackProgress(),
		c.suggestGoals(),
		c.analyzeGoalFeasibility(),
		c.planWorkout(),
		c.getCalendar(),
		c.calculateDailyNutrition(),
		c.getNutrientTiming(),
		c.mergeActivities(),
		c.splitActivity(),
		c.hideActivity(),
		c.annotateActivity(),
		c.deleteActivity(),
		c.getGear(),
	}
	if c.options.Weather != nil {
		all = append(all, c.getWeather())
	}
	if c.options.Foods != nil {
		all = append(all, c.searchFood(), c.getFoodDetails(), c.analyzeMealNutrition())
	}
	if c.options.Allowances != nil {
		all = append(all, c.getUsage())
	}
	return all
}
