package importer

import (
	"context"
	"slices"
	"time"

	"github.com/pierre-mcp/pierre/internal/exportfile"
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sayingsAtOnce is how many values that files said are kept at once.
const sayingsAtOnce = 200

// restoreProfile keeps a profile if the user has none, and returns how much of it is new. What a file said stays what a file said, so
// that later files may say something else.
func (i *Importer) restoreProfile(ctx context.Context, user pierre.UserID, p *exportfile.Profile) (changed int, err error) {
	var said []pierre.Profile
	_, err = i.opts.Restore.UpdateProfile(ctx, user, i.now(), func(rec *pierre.ProfileRecord) error {
		changed, said = 0, nil
		if rec.HeightCm != nil || rec.BirthYear != nil || rec.Sex != "" || rec.TimeZone != "" || len(rec.History) > 0 {
			return nil
		}
		file := pierre.Profile{Updated: time.Unix(0, 0)} // no export says when it was said: any other file knows better
		if i.restoreUndated(p, &rec.Profile, &file) {
			changed++
		}
		said = append(said, file)
		for _, v := range p.History {
			day, err := time.Parse(time.DateOnly, v.From)
			if err != nil || !(v.Value > 0 && v.Value < 10_000) || day.After(i.now()) {
				continue
			}
			file := pierre.Profile{Updated: day}
			fields := file.Dated()
			at := slices.IndexFunc(fields, func(f pierre.DatedField) bool { return f.Name == v.Field })
			switch {
			case at < 0:
			case v.FromFile:
				*fields[at].Value = new(v.Value)
				said = append(said, file)
			case rec.Set(v.Field, day, v.Value) == nil: // more than there can be are left out
				changed++
			}
		}
		return nil
	})
	said = slices.DeleteFunc(said, func(file pierre.Profile) bool { return file == pierre.Profile{Updated: file.Updated} })
	for part := range slices.Chunk(said, sayingsAtOnce) {
		if err != nil {
			break
		}
		i.opts.Pause(ctx)
		err = i.store.ImportProfile(ctx, user, part...)
		changed += len(part)
	}
	return changed, err
}

// restoreUndated takes over what has no history: into own what the athlete said, into file what a file did. It reports whether there
// is any of the athlete's.
func (i *Importer) restoreUndated(p *exportfile.Profile, own, file *pierre.Profile) (changed bool) {
	of := func(field string) *pierre.Profile {
		if slices.Contains(p.Imported, field) {
			return file
		}
		changed = true
		return own
	}
	if h := p.HeightCm; h != nil && *h > 0 && *h < 300 {
		of("height_cm").HeightCm = h
	}
	if y := p.BirthYear; y != nil && *y > 1900 && *y <= i.now().Year() {
		of("birth_year").BirthYear = y
	}
	if p.Sex == pierre.SexFemale || p.Sex == pierre.SexMale {
		of("sex").Sex = p.Sex
	}
	if _, err := time.LoadLocation(p.TimeZone); p.TimeZone != "" && p.TimeZone != "Local" && err == nil {
		of("time_zone").TimeZone = p.TimeZone
	}
	return changed
}
