//go:build !race

package chart

import "image/color"

// A Look is the colours of a picture.
type Look struct {
	Paper, Text, Muted    color.RGBA
	Tones, Steps, OnSteps []color.RGBA
}

// LookOf returns the colours of light or dark pictures.
func LookOf(dark bool) Look {
	l := lookOf(dark)
	return Look{l.paper, l.text, l.muted, l.tones, l.steps, l.onSteps}
}
