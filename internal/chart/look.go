package chart

import (
	"image/color"
	"slices"
)

// A look is the colours of a picture. Text keeps a contrast of 4.5:1 and marks one of 3:1. The steps go farther and farther from
// the paper in lightness, so that nobody needs to tell hues apart; series are told apart by their names and their order, too.
type look struct {
	paper, text, muted, line, strong color.RGBA
	tones                            []color.RGBA // of series
	soft                             []color.RGBA // of their areas and of estimated bars
	steps                            []color.RGBA // from little to much
	onSteps                          []color.RGBA // text on these
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

func colours(hex ...uint32) []color.RGBA {
	list := make([]color.RGBA, len(hex))
	for i, h := range hex {
		list[i] = rgb(h)
	}
	return list
}

func lookOf(dark bool) look {
	if dark {
		return look{
			paper: rgb(0x17181c), text: rgb(0xededf2), muted: rgb(0xa3a4b0), line: rgb(0x2f303a), strong: rgb(0x7d7e8c),
			tones:   colours(0x5fb4f2, 0xff9d4d, 0xc9a4ff, 0x4fd1a5, 0xf2d35f),
			soft:    colours(0x24435c, 0x5c3f24, 0x463a5c, 0x1f4a3d, 0x55491f),
			steps:   colours(0x4a74bd, 0x4a93c9, 0x4db3a8, 0x86c95e, 0xd9d04f, 0xffdf9a, 0xfff6e6),
			onSteps: colours(0xffffff, 0x101114, 0x101114, 0x101114, 0x101114, 0x101114, 0x101114),
		}
	}
	return look{
		paper: rgb(0xffffff), text: rgb(0x17171c), muted: rgb(0x5c5d68), line: rgb(0xe5e5ea), strong: rgb(0x8b8b96),
		tones:   colours(0x0a62a8, 0xc2500a, 0x7a3fb0, 0x0b7a5c, 0x8a6d00),
		soft:    colours(0xbcd8ee, 0xf3cdb2, 0xdcc9ec, 0xb5dfd2, 0xe6dba8),
		steps:   colours(0x4796dc, 0x2b84b8, 0x1f7d74, 0x5a7018, 0x9a4a00, 0x9c2a1c, 0x6a1240),
		onSteps: colours(0x101114, 0x101114, 0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff),
	}
}

// all are the colours that areas have.
func (l look) all() []color.RGBA {
	return slices.Concat([]color.RGBA{l.paper, l.text, l.muted, l.line, l.strong}, l.tones, l.soft, l.steps)
}
