package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	callLimit = 2 * time.Second // toxiproxy answers in milliseconds, or not at all: its own limit is 25 s
	lookLimit = time.Second
	readLimit = 1 << 20 // bytes of an answer that are looked at
)

var errSilent = errors.New("no answer")

// toxiproxy is the API of the one server that this guardian stands beside. No environment variable sends its calls
// through another proxy, and no connection is kept: the server may be a new one every time.
type toxiproxy struct {
	url    string
	client *http.Client
}

func newToxiproxy(url string) toxiproxy {
	return toxiproxy{url, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

type toxic struct {
	Name string `json:"name"`
}

type proxy struct {
	Enabled bool    `json:"enabled"`
	Toxics  []toxic `json:"toxics"`
}

// call returns status and body. Its error wraps errSilent if somebody took the connection and did not answer in time.
func (t toxiproxy) call(method, path string, body any, limit time.Duration) (int, []byte, error) {
	limited, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return 0, nil, err
		}
	}
	request, err := http.NewRequestWithContext(limited, method, t.url+path, &sent)
	if err != nil {
		return 0, nil, err
	}
	answer, err := t.client.Do(request)
	if err != nil {
		return 0, nil, worded(err, method, path, limit)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, readLimit))
	if err != nil {
		return 0, nil, worded(err, method, path, limit)
	}
	return answer.StatusCode, text, nil
}

func worded(err error, method, path string, limit time.Duration) error {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return fmt.Errorf("%s %s: %w in %s", method, path, errSilent, limit)
	}
	return err
}

// health says how toxiproxy is, in one word, and in its own words. GET /proxies alone shows a hang: other routes may
// still answer then.
func (t toxiproxy) health() (string, string) {
	status, _, err := t.call(http.MethodGet, "/proxies", nil, lookLimit)
	switch {
	case errors.Is(err, errSilent):
		return "hung", err.Error()
	case err != nil:
		return "gone", err.Error()
	case status != http.StatusOK:
		return "ill", fmt.Sprintf("GET /proxies: status %d", status)
	}
	return "well", ""
}

// proxy returns a proxy as it is now; false if there is none.
func (t toxiproxy) proxy(name string) (proxy, bool, error) {
	var found proxy
	path := "/proxies/" + name
	status, text, err := t.call(http.MethodGet, path, nil, callLimit)
	switch {
	case err != nil:
		return found, false, err
	case status == http.StatusNotFound:
		return found, false, nil
	case status != http.StatusOK:
		return found, false, refused(http.MethodGet, path, status, text)
	}
	return found, true, json.Unmarshal(text, &found)
}

// remove removes a toxic; one that has gone already is removed.
func (t toxiproxy) remove(of toxicName) error {
	path := fmt.Sprintf("/proxies/%s/toxics/%s", of.Proxy, of.Name)
	status, text, err := t.call(http.MethodDelete, path, nil, callLimit)
	if err == nil && status != http.StatusNoContent && status != http.StatusNotFound {
		return refused(http.MethodDelete, path, status, text)
	}
	return err
}

// enable enables a proxy; one that does not exist cuts nobody's link.
func (t toxiproxy) enable(name string) error {
	path := "/proxies/" + name
	status, text, err := t.call(http.MethodPatch, path, map[string]bool{"enabled": true}, callLimit)
	if err == nil && status != http.StatusOK && status != http.StatusNotFound {
		return refused(http.MethodPatch, path, status, text)
	}
	return err
}

func refused(method, path string, status int, text []byte) error {
	return fmt.Errorf("%s %s: status %d: %s", method, path, status, strings.TrimSpace(string(text)))
}
