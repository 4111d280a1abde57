package pierre

import "slices"

// HeaderTools asks in a request for tools/list for a [ToolProfile], which is at most as wide as that of the key.
const HeaderTools = "X-Pierre-Tools"

// A ToolProfile says how many tools tools/list shows and how much of each, so that a model need not read what it will not
// need. What it leaves out can be called all the same: which tools may be called is another rule of a key.
type ToolProfile string

// The profiles.
const (
	ProfileMinimal ToolProfile = "minimal" // what most questions need
	ProfileDefault ToolProfile = "default" // what a server shows unless told otherwise
	ProfileFull    ToolProfile = "full"    // everything, with whole schemas
)

// ToolProfiles lists the profiles, the narrowest first.
func ToolProfiles() []ToolProfile {
	return []ToolProfile{ProfileMinimal, ProfileDefault, ProfileFull}
}

// ParseToolProfile reads a profile's name. Its error is [KindInvalid] about the field.
func ParseToolProfile(field, text string) (ToolProfile, error) {
	if p := ToolProfile(text); slices.Contains(ToolProfiles(), p) {
		return p, nil
	}
	return "", Invalid(field, "%s must be one of minimal, default, full, not %.40q.", field, text)
}

// Narrower returns the profile of the two that shows fewer tools.
func (p ToolProfile) Narrower(other ToolProfile) ToolProfile {
	if slices.Index(ToolProfiles(), other) < slices.Index(ToolProfiles(), p) {
		return other
	}
	return p
}
