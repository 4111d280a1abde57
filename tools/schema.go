package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pierre-mcp/pierre/fitness"
	"github.com/pierre-mcp/pierre/internal/food"
	"github.com/pierre-mcp/pierre/internal/pierre"
	"github.com/pierre-mcp/pierre/internal/training"
)

// Schemas are made from the structs of arguments and answers. Besides the tags of encoding/json and jsonschema (the
// description), a field may have
//
//	limits:"1,200"   the range of a number, the bytes of a string, the entries of a list; "now-5" is a year
//	each:"1,100"     the limits of a list's entries
//	default:"20"     what the tool takes if an argument is not given
//
// They keep to the plain part of JSON Schema that every MCP host understands: no $ref, no unions, no nulls.

// schemaOf makes the schema of a type. The year is the current one.
func schemaOf(t reflect.Type, year int) *jsonschema.Schema { return schemaWith(t, known(), year) }

// schemaWith makes the schema of a type in which the known types have the schemas that are given.
func schemaWith(t reflect.Type, known map[reflect.Type]*jsonschema.Schema, year int) *jsonschema.Schema {
	s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: known})
	if err == nil {
		err = refine(s, t, known, year)
	}
	if err != nil {
		panic(err) //nolint:forbidigo // the types are this package's own, and every one is tested
	}
	if s.Type == "object" && s.Properties == nil {
		s.Properties = map[string]*jsonschema.Schema{} // which hosts ask for
	}
	return s
}

var (
	// choices are the schemas of types that stand for a choice of words. Whoever uses one gets a copy.
	choices = sync.OnceValue(choiceSchemas) //nolint:gochecknoglobals // it never changes
	// known are the choices, and what stands for members by the name of a metric.
	known = sync.OnceValue(func() map[reflect.Type]*jsonschema.Schema { //nolint:gochecknoglobals // it never changes
		schemas := maps.Clone(choices())
		schemas[reflect.TypeFor[metricValues]()] = metricsSchema()
		return schemas
	})
)

func choiceSchemas() map[reflect.Type]*jsonschema.Schema {
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[pierre.Provider]():         choice(pierre.Providers()...),
		reflect.TypeFor[connectable]():             choice(connectables()...),
		reflect.TypeFor[pierre.Sex]():              choice(pierre.SexFemale, pierre.SexMale),
		reflect.TypeFor[training.Source]():         choice(training.Sources()...),
		reflect.TypeFor[training.LoadKind]():       choice(training.LoadKinds()...),
		reflect.TypeFor[training.ComparisonKind](): choice(append(comparisons(), training.CompareGiven)...),
		reflect.TypeFor[fitness.TrainingPace]():    choice(fitness.TrainingPaces()...),
		reflect.TypeFor[training.PatternKind]():    choice(training.PatternKinds()...),
		reflect.TypeFor[training.AdviceKind]():     choice(training.AdviceKinds()...),
		reflect.TypeFor[patternFrame]():            choice(patternFrames()...),
		reflect.TypeFor[scoreFrame]():              choice(scoreFrames()...),
		reflect.TypeFor[adviceChoice]():            choice(adviceChoices()...),
		reflect.TypeFor[pierre.Feel]():             choice(pierre.Feels()...),
		reflect.TypeFor[annotated]():               choice(annotatedFields()...),
		reflect.TypeFor[pierre.GoalType]():         choice(pierre.GoalTypes()...),
		reflect.TypeFor[pierre.GoalMetric]():       choice(pierre.GoalMetrics()...),
		reflect.TypeFor[pierre.GoalStatus]():       choice(pierre.GoalStatuses()...),
		reflect.TypeFor[goalStatus]():              choice(goalStatuses()...),
		reflect.TypeFor[training.PlanStatus]():     choice(training.PlanStatuses()...),
		reflect.TypeFor[goalCategory]():            choice(goalCategories()...),
		reflect.TypeFor[training.Verdict]():        choice(training.Verdicts()...),
		reflect.TypeFor[sportChoice]():             choice(pierre.Sports()...),
		reflect.TypeFor[targetSport]():             choice(pierre.SportRun, pierre.SportRide, pierre.SportSwim),
		reflect.TypeFor[trendFrame]():              choice(trendFrames()...),
		reflect.TypeFor[training.TrendMetric]():    choice(training.TrendMetrics()...),
		reflect.TypeFor[pierre.WellnessKind]():     choice(wellnessKinds()...),
		reflect.TypeFor[sleepCategory]():           choice(sleepCategories()...),
		reflect.TypeFor[confidence]():              choice(confidences()...),
		reflect.TypeFor[intensity]():               choice(intensities()...),
		reflect.TypeFor[training.Side]():           choice(training.Sides()...),
		reflect.TypeFor[direction]():               choice(directionRising, directionFalling, directionNone),
		reflect.TypeFor[betterWay]():               choice(betterHigher, betterLower, betterNone),
		reflect.TypeFor[timeframe]():               choice(frameWeek, frameMonth, frameQuarter, frameYear),
		reflect.TypeFor[comparisonChoice]():        choice(comparisons()...),
		reflect.TypeFor[comparedField]():           choice(training.ComparedFields()...),
		reflect.TypeFor[metricName]():              described(choice(metricNames()...), metricDocs()),
		reflect.TypeFor[channelName]():             choice(channelNames()...),
		reflect.TypeFor[splitUnit]():               choice(splitKilometer, splitMile),
		reflect.TypeFor[profileField]():            choice(profileNames()...),
		reflect.TypeFor[effort]():                  choice(effortLow, effortModerate, effortHigh),
		reflect.TypeFor[fitness.ActivityLevel]():   choice(fitness.ActivityLevels()...),
		reflect.TypeFor[fitness.NutritionGoal]():   choice(fitness.NutritionGoals()...),
		reflect.TypeFor[food.Kind]():               choice(food.Kinds()...),
		reflect.TypeFor[weatherSource]():           choice(fromArchive, fromForecast),
		reflect.TypeFor[fitness.HeatRisk]():        choice(fitness.HeatRisks()...),
		reflect.TypeFor[period]():                  choice(periods()...),
		reflect.TypeFor[activityOrder]():           choice(activityOrders()...),
		reflect.TypeFor[pierre.Grouping]():         choice(pierre.Groupings()...),
		reflect.TypeFor[recordKind]():              choice(training.RecordKinds()...),
		reflect.TypeFor[zoneKind]():                choice(training.ZoneKinds()...),
		reflect.TypeFor[zoneGrouping]():            choice(pierre.ByWeek, pierre.ByMonth),
		reflect.TypeFor[chartKind]():               choice(chartKinds()...),
		reflect.TypeFor[chartGrouping]():           choice(groupWeek, groupMonth, groupTotal),
		reflect.TypeFor[chartTheme]():              choice(themeLight, themeDark),
		reflect.TypeFor[chartSize]():               choice(sizePhone, sizeWide),
		reflect.TypeFor[chartAxis]():               choice(axisDistance, axisTime),
		reflect.TypeFor[summed]():                  choice(sumNames()...),
		reflect.TypeFor[clockSource]():             choice(clockUser, clockRecorded, clockDefault),
	}
}

func described(s *jsonschema.Schema, doc string) *jsonschema.Schema {
	s.Description = doc
	return s
}

func choice[S ~string](values ...S) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// metricsSchema describes metrics by their keys, any of which may be absent.
func metricsSchema() *jsonschema.Schema {
	of := func(t reflect.Type) *jsonschema.Schema { return schemaWith(t, choices(), 0) } // no value is a year
	var keys []string
	for _, m := range metrics() {
		keys = append(keys, m.key)
	}
	s := &jsonschema.Schema{
		Type: "object", Description: "by name with unit: " + strings.Join(keys, ", "),
		AdditionalProperties: of(reflect.TypeFor[value]()),
		PropertyOrder:        []string{curveMaxPower, curveBestEfforts, zonesHeartRate, zonesPower},
		Properties: map[string]*jsonschema.Schema{
			curveMaxPower:    of(reflect.TypeFor[powerCurve]()),
			curveBestEfforts: of(reflect.TypeFor[effortCurve]()),
			zonesHeartRate:   of(reflect.TypeFor[heartZones]()),
			zonesPower:       of(reflect.TypeFor[powerZones]()),
		},
	}
	s.Properties[curveMaxPower].Description = "highest mean power over each length"
	s.Properties[curveBestEfforts].Description = "fastest stretch over each distance, on foot"
	return s
}

// refine takes out what hosts stumble over, and adds what the tags say. The schemas of known types stay as they are.
func refine(s *jsonschema.Schema, t reflect.Type, known map[reflect.Type]*jsonschema.Schema, year int) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(s.Types) > 0 { // null and something
		s.Type, s.Types = s.Types[len(s.Types)-1], nil
	}
	if _, ok := known[t]; ok {
		return nil
	}
	if t.Kind() == reflect.Slice {
		if words := s.Items.Enum; words != nil { // a choice of several
			s.MinItems, s.MaxItems = new(1), new(len(words))
		}
		return refine(s.Items, t.Elem(), known, year)
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	s.AdditionalProperties = nil
	for _, f := range fieldsOf(t) {
		p := s.Properties[f.name]
		if err := refine(p, f.Type, known, year); err != nil {
			return err
		}
		if err := tagged(p, f.StructField, year); err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	return nil
}

// tagged adds what the tags of a field say.
func tagged(s *jsonschema.Schema, f reflect.StructField, year int) error {
	if v, ok := f.Tag.Lookup("default"); ok {
		s.Default = json.RawMessage(v)
		if s.Type == "string" {
			s.Default = json.RawMessage(strconv.Quote(v))
		}
	}
	if err := limit(s, f.Tag.Get("limits"), year); err != nil {
		return err
	}
	if s.Items == nil {
		return nil
	}
	return limit(s.Items, f.Tag.Get("each"), year)
}

// limit sets the limits "least,most".
func limit(s *jsonschema.Schema, limits string, year int) error {
	if limits == "" {
		return nil
	}
	first, second, _ := strings.Cut(limits, ",")
	least, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return err
	}
	ago, isYear := strings.CutPrefix(second, "now-")
	most, err := strconv.ParseFloat(ago, 64)
	if isYear {
		most = float64(year) - most
	}
	switch s.Type {
	case "string":
		s.MinLength, s.MaxLength = new(int(least)), new(int(most))
	case "array":
		s.MinItems, s.MaxItems = new(int(least)), new(int(most))
	default:
		s.Minimum, s.Maximum = &least, &most
	}
	return err
}

// A jsonField is a field of a struct, or of one that it embeds, by its JSON name.
type jsonField struct {
	reflect.StructField

	name string
}

func fieldsOf(t reflect.Type) []jsonField {
	var fields []jsonField
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.IsExported() && !f.Anonymous {
			fields = append(fields, jsonField{f, name})
		}
	}
	return fields
}

// schemas are those of a tool. Nobody changes them.
type schemas struct {
	arguments     *jsonschema.Schema
	input, output json.RawMessage // as clients get them
	brief         json.RawMessage // of the arguments, for lists that are short
}

// What follows from the types and the year is made once: rendering takes longer than all else that a catalog does at its start.
var made sync.Map //nolint:gochecknoglobals // what a key has never changes

// schemasOf returns the schemas of a tool that makes out of in.
func schemasOf(in, out reflect.Type, year int) schemas {
	k := [...]any{in, out, year}
	v, _ := made.Load(k)
	if s, ok := v.(schemas); ok {
		return s
	}
	arguments, brief := schemaOf(in, year), schemaOf(in, year)
	briefArguments(brief, in)
	s := schemas{arguments, raw(arguments), raw(schemaOf(out, year)), raw(brief)}
	made.Store(k, s)
	return s
}

// raw renders a schema that this package made.
func raw(s *jsonschema.Schema) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) //nolint:forbidigo // it holds only strings and finite numbers, which always encode
	}
	return b
}

// names lists the members of an object in their order.
func names(s *jsonschema.Schema) []string {
	if len(s.PropertyOrder) > 0 {
		return s.PropertyOrder
	}
	return slices.Sorted(maps.Keys(s.Properties))
}
