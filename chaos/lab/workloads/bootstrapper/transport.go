package main

import (
	"errors"
	"net"
	"net/http"
	"time"
)

// idleTimeout is that of Go's http.DefaultTransport (Go 1.26, net/http/transport.go); the audit names none.
const idleTimeout = 90 * time.Second

// limits are a transport's two time-outs: of dialling alone, and of the whole attempt up to the answer's last byte.
type limits struct{ dial, total time.Duration }

// transports are what the audit of 2025-10-13 found ("audited"), and what it recommended.
var transports = map[string]limits{
	"audited":     {5 * time.Second, 15 * time.Second},
	"recommended": {30 * time.Second, 60 * time.Second},
}

func parseTransport(given string) (string, error) {
	if _, known := transports[given]; !known {
		return "", errors.New("is neither audited nor recommended")
	}
	return given, nil
}

func newClient(transport string, limit limits) *http.Client {
	dialer := net.Dialer{Timeout: limit.dial, KeepAlive: 30 * time.Second}
	settings := &http.Transport{DialContext: dialer.DialContext}
	if transport == "audited" {
		settings.DisableKeepAlives = true // a new connection for every request
	} else {
		settings.MaxIdleConns = 100
		settings.MaxConnsPerHost = 10
		settings.IdleConnTimeout = idleTimeout
	}
	return &http.Client{Timeout: limit.total, Transport: settings}
}
