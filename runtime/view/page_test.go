package view

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nomul/ir"
)

const small = `net small fixed steps=2 {
once
	%x = input : spike[3]
	%w = const {data=[1,-2,3]} : s8[1,3] range -2..3
	%s = linear %x, %w : s32[1] range -2..4
	%y = output %s : s32[1] range -2..4
}
`

func served(t *testing.T) *httptest.Server {
	net, err := ir.Parse("small.sir", small, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(New(net).Done("", "").Handler())
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, s *httptest.Server, path, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	got, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(text)
}

// A served page has no texts of values; they are those of a stage, at an address of its own.
func TestServedTexts(t *testing.T) {
	s := served(t)
	code, page := get(t, s, "/", "")
	if code != http.StatusOK || !strings.Contains(page, `"name":"w"`) || strings.Contains(page, "data=[1,-2,3]") {
		t.Errorf("%d: %s", code, page)
	}
	if code, text := get(t, s, "/texts/0", ""); code != http.StatusOK || !strings.Contains(text, "data=[1,-2,3]") || !strings.Contains(text, `"bins":[1,0,0,1,0,1]`) {
		t.Errorf("%d: %s", code, text)
	}
	for _, path := range []string{"/texts/1", "/texts/-1", "/texts/x", "/other"} {
		if code, _ := get(t, s, path, ""); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// A page of another host must not read the network by a name that leads here.
func TestServesThisMachineAlone(t *testing.T) {
	s := served(t)
	for host, want := range map[string]int{"localhost": 200, "localhost:8080": 200, "127.0.0.1:1": 200, "[::1]:1": 200, "elsewhere.example": 403, "elsewhere.example:80": 403, "localhost.example": 403} {
		if code, _ := get(t, s, "/texts/0", host); code != want {
			t.Errorf("%s: %d, wanted %d", host, code, want)
		}
	}
}
