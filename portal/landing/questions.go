package landing

// A question is what an athlete asks, and the figures that the tool answers. All of them are real: those of the sample
// athlete of make demo, on 26 November 2026.
type question struct {
	Ask     string
	Tool    string
	Answer  string
	Figures []figure
}

type figure struct{ Name, Value string }

func questions() []question {
	return []question{
		{
			Ask: "Was my last run better than usual?", Tool: "compare_activities",
			Answer:  "About as always. Against the mean of your ten newest runs within 10 % of its distance:",
			Figures: []figure{{"Distance", "8.39 km, −1.1 %"}, {"Speed", "3.16 m/s, −0.2 %"}, {"Heart rate", "152 bpm, +1.3 %"}, {"Climbing", "48 m, +0.2 %"}},
		},
		{
			Ask: "What could I run over 10 km?", Tool: "predict_performance",
			Answer:  "42:46, by your 10 km of 16 August; 42:38 by critical speed. Your training paces per kilometre:",
			Figures: []figure{{"Easy", "5:28"}, {"Marathon", "4:40"}, {"Threshold", "4:24"}, {"Interval", "4:03"}},
		},
		{
			Ask: "Am I doing too much?", Tool: "analyze_training_load",
			Answer:  "No sign of it in the last quarter. 55 of 66 activities could be counted; the others are swims, which need your threshold pace.",
			Figures: []figure{{"Fitness (CTL)", "39.7"}, {"Fatigue (ATL)", "36.4"}, {"Form (TSB)", "−1.4"}, {"Acute : chronic", "0.69"}},
		},
	}
}
