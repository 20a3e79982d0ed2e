package view

import (
	"embed"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nomul/runtime/page"
)

//go:embed web
var web embed.FS

// scripts in their order: each uses those before.
var scripts = []string{"web/store.js", "web/graph.js", "web/camera.js", "web/text.js", "web/panel.js", "web/main.js"}

func embedded(names ...string) []string {
	var out []string
	for _, name := range names {
		text, err := web.ReadFile(name)
		if err != nil {
			panic(err) // a file of this package
		}
		out = append(out, string(text))
	}
	return out
}

// Write writes the model as one page.
func (m *Model) Write(w io.Writer) error { return m.shell(m, false).Write(w) }

func (m *Model) shell(data any, served bool) *page.Page {
	return &page.Page{Title: m.Title(), Styles: embedded("web/style.css"), Body: embedded("web/body.html")[0],
		Data: map[string]any{"model": data}, Scripts: embedded(scripts...), Served: served}
}

// Handler serves the page without the texts of values, which it loads for each stage that is looked at. It
// answers to names of this machine alone: those of others may be made to lead here.
func (m *Model) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		m.shell(m.outline(), true).Write(w)
	})
	mux.HandleFunc("GET /texts/{stage}", func(w http.ResponseWriter, r *http.Request) {
		k, err := strconv.Atoi(r.PathValue("stage"))
		if err != nil || k < 0 || k >= len(m.Stages) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(m.texts(k))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := strings.TrimSuffix(r.Host, ":"+(&url.URL{Host: r.Host}).Port()); !slices.Contains(own, host) {
			http.Error(w, "wanted one of the hosts "+strings.Join(own, ", "), http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// own are the names of this machine.
var own = []string{"localhost", "127.0.0.1", "[::1]"}

// outlined is a model whose values have no texts.
type outlined struct {
	*Model
	Values []*Value `json:"values"`
	Served bool     `json:"served"`
}

func (m *Model) outline() outlined {
	out := outlined{Model: m, Served: true}
	for _, v := range m.Values {
		short := *v
		short.Text, short.Data = "", nil
		out.Values = append(out.Values, &short)
	}
	return out
}

// detail is of a value, besides its outline.
type detail struct {
	Text string `json:"text"`
	Data *Data  `json:"data,omitempty"`
}

func (m *Model) texts(stage int) map[int]detail {
	out := map[int]detail{}
	for _, id := range m.Stages[stage].Values {
		out[id] = detail{m.Values[id].Text, m.Values[id].Data}
	}
	return out
}
