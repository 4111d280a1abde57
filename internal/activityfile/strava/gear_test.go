package strava_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pierre-mcp/pierre/internal/activityfile/draft"
	"github.com/pierre-mcp/pierre/internal/activityfile/strava"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

func TestReadGear(t *testing.T) {
	for _, tt := range []struct {
		name, table string
		kind        pierre.GearKind
		want        string
	}{
		{"bicycles", "Bike Name,Bike Brand,Bike Model,Bike Default Sport Types\nWeekender,Grimm,R1,Ride\nCommuter,,,\n", pierre.GearBike, "[{Weekender Grimm R1} {Commuter  }]"},
		{"with identifiers", "Bike ID,Bike Name,Bike Brand\nb1,Weekender,Grimm\n", pierre.GearBike, "[{Weekender Grimm }]"},
		{"shoes", "Shoe Name,Shoe Brand,Shoe Model,Shoe Default Sport Types\n,Fable,One,Run\nold,Fable,One,\n,,,\n", pierre.GearShoes, "[{Fable One Fable One} {Fable One old Fable One}]"},
		{"another language", "\uFEFFName des Rads,Marke,Modell,Sportarten\n\"Die \"\"Blaue\"\"\",Grimm,R1,\n", pierre.GearBike, `[{Die "Blaue" Grimm R1}]`},
		{"none", "Bike Name\n", pierre.GearBike, "[]"},
		{"short rows", "Bike Name,Bike Brand,Bike Model\nWeekender\n\n", pierre.GearBike, "[{Weekender  }]"},
	} {
		list, err := strava.ReadGear(strings.NewReader(tt.table), tt.kind)
		if got := fmt.Sprint(list); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
	if _, err := strava.ReadGear(strings.NewReader(""), pierre.GearBike); err == nil {
		t.Error("an empty file has gear")
	}
	for n, want := range map[int]int{1000: 1000, 1001: 1000} {
		list, err := strava.ReadGear(strings.NewReader("Bike Name\n"+strings.Repeat("x\n", n)), pierre.GearBike)
		if err != nil || len(list) != want {
			t.Errorf("of %d there are %d, %v", n, len(list), err)
		}
	}
	if _, err := strava.ReadGear(io.MultiReader(strings.NewReader("Bike Name\na\n"), failing{}), pierre.GearBike); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReadGear(f *testing.F) {
	f.Add("Bike Name,Bike Brand,Bike Model\nWeekender,Grimm,R1\n")
	f.Add("Shoe Name,Shoe Brand,Shoe Model\nold,\"Fable\n")
	f.Fuzz(func(t *testing.T, table string) {
		for _, kind := range []pierre.GearKind{pierre.GearBike, pierre.GearShoes} {
			list, err := strava.ReadGear(strings.NewReader(table), kind)
			if _, refused := draft.AsRefusal(err); err != nil && !refused {
				t.Errorf("%v", err)
			}
			for _, p := range list {
				if p.Name == "" || len(p.Name) > draft.MaxTitle || len(p.Make) > draft.MaxTitle || len(p.Model) > draft.MaxTitle {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}
