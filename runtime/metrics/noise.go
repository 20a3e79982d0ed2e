package metrics

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is that of the intervals that reports have.
const Confidence = 0.95

// Interval is a range of a figure; it holds the true one in Confidence of the samples that could have been drawn.
type Interval struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// Wilson is the interval of a share, such as an accuracy, of part in whole independent samples (E. B. Wilson, 1927).
// Of none it is 0 to 1.
func Wilson(part, whole int) Interval {
	if whole == 0 {
		return Interval{0, 1}
	}
	n, p := float64(whole), share(part, whole)
	z := distuv.UnitNormal.Quantile((1 + Confidence) / 2)
	middle := p + z*z/(2*n)
	spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	return Interval{max(0, (middle-spread)/scale), min(1, (middle+spread)/scale)}
}

// resamples are those of a bootstrapped interval; with its seed it is the same in every run.
const (
	resamples = 2000
	seed      = 1
)

// Bootstrap is the interval of the mean of independent samples, from the means of samples drawn from them with
// replacement: their percentiles (B. Efron, 1979). Of none it is 0 to 0.
func Bootstrap(values []float64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	means := make([]float64, resamples)
	for i := range means {
		for range values {
			means[i] += values[draw.IntN(len(values))]
		}
		means[i] /= float64(len(values))
	}
	slices.Sort(means)
	tail := (1 - Confidence) / 2
	at := func(q float64) float64 { return means[int(q*float64(len(means)-1)+0.5)] }
	return Interval{at(tail), at(1 - tail)}
}

// Difference is how two runs differ on the same images.
type Difference struct {
	// OnlyFirst and OnlySecond are the images that one of them alone classifies rightly.
	OnlyFirst  int `json:"only_first"`
	OnlySecond int `json:"only_second"`
	// P is the probability of so large a difference, or a larger one, if neither were better.
	P float64 `json:"p"`
	// Exact tells that P is of the binomial distribution, not of χ² with one degree of freedom.
	Exact bool `json:"exact"`
}

// Noise reports whether chance explains the difference: P above 1 − Confidence.
func (d Difference) Noise() bool { return d.P > 1-Confidence }

// fewDiscordant is the number of images that only one run has right below which χ² is too coarse.
const fewDiscordant = 25

// McNemar tests whether one of two runs classifies better (Q. McNemar, 1947): two-sided; by the binomial
// distribution of few images, else by χ² with Edwards' correction. All lists are of the same images.
func McNemar(labels, first, second []int) Difference {
	d := Difference{}
	for i, label := range labels {
		switch {
		case first[i] == label && second[i] != label:
			d.OnlyFirst++
		case first[i] != label && second[i] == label:
			d.OnlySecond++
		}
	}
	d.P, d.Exact = discordant(d.OnlyFirst, d.OnlySecond)
	return d
}

func discordant(a, b int) (p float64, exact bool) {
	n := float64(a + b)
	if a+b < fewDiscordant {
		return min(1, 2*distuv.Binomial{N: n, P: 0.5}.CDF(float64(min(a, b)))), true
	}
	apart := max(0, math.Abs(float64(a-b))-1)
	return distuv.ChiSquared{K: 1}.Survival(apart * apart / n), false
}
