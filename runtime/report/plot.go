package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Plot is a picture with the numbers behind it.
type Plot struct {
	Title   string
	Picture template.HTML // SVG
	Behind  Table
}

// ink is a colour that stands for one of the page, which is another in the light than in the dark.
type ink struct {
	color.RGBA
	name string
}

var (
	text   = ink{color.RGBA{0, 0, 1, 255}, "currentColor"}
	faint  = ink{color.RGBA{0, 0, 2, 255}, "var(--faint)"}
	grid   = ink{color.RGBA{0, 0, 3, 255}, "var(--line)"}
	first  = ink{color.RGBA{0, 0, 4, 255}, "var(--accent)"}
	second = ink{color.RGBA{0, 0, 5, 255}, "var(--orange)"}
)

const (
	plotWidth  = 310 * vg.Length(1) // points; as wide as a narrow page leaves, so that text is as large as around it
	plotHeight = 190 * vg.Length(1)
	rowHeight  = 15 * vg.Length(1)
	textSize   = 9.5 * vg.Length(1)
	margin     = 10 * vg.Length(1) // for half of the last number of an axis
)

var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

// axes is an empty plot with the names of its axes, in the colours of the page.
func axes(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text, p.Y.Label.Text = x, y
	face := sans
	face.Size = textSize
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = faint.RGBA, faint.RGBA
		a.Label.TextStyle.Font, a.Tick.Label.Font = face, face
		a.Label.TextStyle.Color, a.Tick.Label.Color = text.RGBA, text.RGBA
		a.Padding = 3
		a.Tick.Marker = short{}
	}
	p.Legend.Padding = 3
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = face, text.RGBA
	return p
}

func lines(p *plot.Plot) {
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Color = grid.RGBA, grid.RGBA
	g.Horizontal.Width, g.Vertical.Width = 0.5, 0.5
	p.Add(g)
}

var (
	prologue = regexp.MustCompile(`(?s)^.*?<svg [^>]*viewBox="([^"]*)"[^>]*>`)
	family   = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// picture draws a plot as SVG that takes the colours of the page, and its name for those who do not see it.
func picture(p *plot.Plot, height vg.Length, name string) template.HTML {
	c := vgsvg.New(plotWidth, height)
	p.Draw(draw.Crop(draw.New(c), margin/2, -margin, 0, -margin/2))
	var b bytes.Buffer
	c.WriteTo(&b) // to memory, which takes all
	svg := prologue.ReplaceAllString(b.String(), `<svg class="plot" role="img" viewBox="$1" aria-label="`+template.HTMLEscapeString(strings.ReplaceAll(name, "$", ""))+`">`)
	svg = fitted(family.ReplaceAllString(svg, ""))
	for _, i := range []ink{text, faint, grid, first, second} {
		svg = strings.ReplaceAll(svg, hex(i.RGBA), i.name)
	}
	return template.HTML(svg)
}

var label = regexp.MustCompile(`(?s)<text ([^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)

// fitted makes texts as wide as they were measured, whatever font the reader has: else they run into their neighbours.
func fitted(svg string) string {
	return label.ReplaceAllStringFunc(svg, func(element string) string {
		m := label.FindStringSubmatch(element)
		size, _ := strconv.ParseFloat(m[2], 64) // digits and a point
		face := font.DefaultCache.Lookup(sans, vg.Length(size))
		width := face.Width(html.UnescapeString(m[3])).Points()
		return fmt.Sprintf(`<text textLength="%.1f" lengthAdjust="spacingAndGlyphs" %s>%s</text>`, width, m[1], m[3])
	})
}

func hex(c color.RGBA) string {
	const digits = "0123456789ABCDEF"
	out := []byte{'#'}
	for _, v := range []uint8{c.R, c.G, c.B} {
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}

// Point is one of a line: a value, and the interval that it may be off in.
type Point struct{ X, Y, Lo, Hi float64 }

type points []Point

func (p points) Len() int                            { return len(p) }
func (p points) XY(i int) (x, y float64)             { return p[i].X, p[i].Y }
func (p points) YError(i int) (below, above float64) { return p[i].Y - p[i].Lo, p[i].Hi - p[i].Y }

// Line is a plot of points over whole numbers, with their intervals.
func Line(title, x, y string, all []Point, behind Table) (Plot, error) {
	p := axes(x, y)
	lines(p)
	line, dots, err := plotter.NewLinePoints(points(all))
	if err != nil {
		return Plot{}, err
	}
	bars, err := plotter.NewYErrorBars(points(all))
	if err != nil {
		return Plot{}, err
	}
	line.Color, line.Width = first.RGBA, 1.2
	dots.Color, dots.Shape, dots.Radius = first.RGBA, draw.CircleGlyph{}, 2.2
	bars.Color, bars.Width = first.RGBA, 0.8
	p.Add(line, dots, bars)
	p.X.Tick.Marker = wholes{}
	p.X.Min, p.X.Max = p.X.Min-0.3, p.X.Max+0.3
	return Plot{title, picture(p, plotHeight, title), behind}, nil
}
