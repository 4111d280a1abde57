package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// A question is a prompt: what an athlete asks, ready to be chosen. Its text may have one argument, which stands at %s.
type question struct {
	name     string
	title    string
	doc      string
	text     string
	argument string // "": none
	says     string // what the argument is
	usual    string // what stands in place of an argument that is not given
}

func questions() []question {
	return []question{
		{"week_review", "How was my week?", "what was done this week, against the weeks before", "How was my training this week, against the last four weeks? Use get_stats by week and analyze_training_load, name the key sessions, and say in a few sentences what stands out.", "", "", ""},
		{"last_activity", "How was my last session?", "the newest activity among the others", "How was my last %s? Find it with get_activities, then use get_activity_intelligence and analyze_activity. Say how hard it was, what was good and what was not.", "sport", "a sport, such as run", "activity"},
		{"form_today", "Am I fit or tired today?", "fitness, fatigue and form, and what follows", "Am I fit or tired today? Use analyze_training_load and generate_recommendations for recovery, and say what today's session should be.", "", "", ""},
		{"race_prediction", "How fast can I race?", "the time over a distance, and the paces that go with it", "How fast can I run %s today, and which training paces follow from it? Use predict_performance and quote the evidence it rests on.", "distance", "such as 10 km or half marathon", "10 km"},
		{"year_so_far", "How is my year?", "this year month by month, against the last", "How is my year so far, month by month, against the same months of last year? Use get_stats with group_by month for both.", "", "", ""},
		{"consistency", "How regularly do I train?", "habits and breaks", "How regularly do I train? Use detect_patterns with training_consistency, and say what would help most.", "", "", ""},
		{"injury_check", "Do I increase too fast?", "what went along with injuries in studies", "Do I increase my training too fast? Use detect_patterns with injury_risk, and say what the rules mean and what they do not.", "", "", ""},
		{"plateau", "Am I still improving?", "the trend of performance", "Am I still improving? Use detect_patterns with performance_plateaus over %s, and say how sure that is.", "timeframe", "quarter, sixmonths or year", "year"},
		{"goal_check", "Will I reach my goals?", "progress and feasibility of the goals", "Will I reach my goals? Use track_progress, and analyze_goal_feasibility for the one with the nearest date.", "", "", ""},
		{"next_goal", "What should I aim for?", "goals by what was shown", "What should I aim for next? Use suggest_goals, explain each by its basis, and keep the one that I choose with set_goal.", "", "", ""},
	}
}

// longestArgument bounds what a prompt takes over.
const longestArgument = 100

// registerPrompts adds the ready questions to s.
func registerPrompts(s *server.MCPServer) {
	for _, q := range questions() {
		options := []mcp.PromptOption{mcp.WithPromptDescription(q.doc)}
		if q.argument != "" {
			options = append(options, mcp.WithArgument(q.argument, mcp.ArgumentDescription(q.says+"; default "+q.usual)))
		}
		prompt := mcp.NewPrompt(q.name, options...)
		prompt.Title = q.title
		s.AddPrompt(prompt, func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			text, err := q.ask(r.Params.Arguments)
			if err != nil {
				return nil, err
			}
			return mcp.NewGetPromptResult(q.doc, []mcp.PromptMessage{mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text))}), nil
		})
	}
}

// ask returns the question's text.
func (q question) ask(args map[string]string) (string, error) {
	for name := range args {
		if name != q.argument {
			return "", fmt.Errorf("%w: %q is not an argument of the prompt", mcp.ErrInvalidParams, name)
		}
	}
	if q.argument == "" {
		return q.text, nil
	}
	given := strings.Join(strings.Fields(args[q.argument]), " ")
	switch {
	case len(given) > longestArgument:
		return "", fmt.Errorf("%w: the argument is too long", mcp.ErrInvalidParams)
	case given == "":
		given = q.usual
	}
	return fmt.Sprintf(q.text, given), nil
}
