package sim

import (
	"bytes"
	"fmt"
	"slices"
)

// panel is one diagram: requests a second over time.
type panel struct {
	title                string
	useful, ours, others load
}

// Sizes in the plot.
const (
	width, height = 720, 220 // of a diagram
	left, top     = 70, 40   // of what stands beside it
)

// draw returns the panels as SVG, one below the other.
func draw(panels []panel) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n",
		left+width+20, len(panels)*(top+height+50))
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", left, i*(top+height+50)+top)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p panel) draw(b *bytes.Buffer) {
	lines := []struct {
		name, color, dashes string
		load
	}{
		{"go-retryablehttp as it comes", "#c33", "", p.others},
		{"the SDK", "#06c", "", p.ours},
		{"useful load: no repeats", "#333", "4 3", p.useful},
	}
	seconds := len(p.useful.requests)
	most := slices.Max(slices.Concat(p.useful.requests, p.ours.requests, p.others.requests)) * 1.05
	x := func(second int) float64 { return float64(second) / float64(seconds-1) * width }
	y := func(n float64) float64 { return height - n/most*height }
	fmt.Fprintf(b, `<text y="-12" font-size="15">%s</text>`+"\n", p.title)
	start, end := int(before.Seconds()), seconds-int(after.Seconds())
	fmt.Fprintf(b, `<rect x="%.1f" width="%.1f" height="%d" fill="#fdf1dc"/>`+"\n", x(start), x(end)-x(start), height)
	fmt.Fprintf(b, `<path d="M0 0V%d H%d" fill="none" stroke="#888"/>`+"\n", height, width)
	for second := 0; second < seconds; second += 10 {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d s</text>`+"\n", x(second), height+18, second)
	}
	for _, part := range []float64{0, 0.5, 1} {
		n := part * most / 1.05
		fmt.Fprintf(b, `<text x="-6" y="%.1f" text-anchor="end">%.0f/s</text>`+"\n", y(n)+4, n)
	}
	for i, line := range lines {
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="%s" points="`, line.color, line.dashes)
		for second, n := range line.requests {
			fmt.Fprintf(b, "%.1f,%.1f ", x(second), y(n))
		}
		b.WriteString(`"/>` + "\n")
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", i*250, height+38, line.color, line.name)
	}
}
