package training

import (
	"context"
	"slices"

	"github.com/pierre-mcp/pierre/internal/pierre"
)

// DeviceSays returns the newest values of the kinds that devices measured: of each kind those of one day, from as many sources as
// measured it then.
func (s *Service) DeviceSays(ctx context.Context, user pierre.UserID, kinds ...pierre.WellnessKind) ([]pierre.Wellness, error) {
	clock, err := s.Clock(ctx, user)
	if err != nil {
		return nil, err
	}
	return s.data.NewestWellness(ctx, user, kinds, clock.Today())
}

// DeviceVO2max returns what devices said of maximal oxygen uptake, unless it is older than the efforts that speak for the athlete's
// shape. It is shown beside what these come to and never mixed with it: each maker has a rule of its own.
func (s *Service) DeviceVO2max(ctx context.Context, user pierre.UserID) ([]pierre.Wellness, error) {
	list, err := s.DeviceSays(ctx, user, pierre.WellnessVO2Max)
	return slices.DeleteFunc(list, func(v pierre.Wellness) bool { return v.Day.Before(s.now().AddDate(0, 0, -evidenceDays)) }), err
}
