package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"syscall"
	"time"
)

// attempt is one line of the log.
type attempt struct {
	At       time.Time `json:"at"`
	Call     int       `json:"call"`
	Number   int       `json:"attempt"`   // within the call, from 1
	Result   string    `json:"result"`    // ok refused unreachable dial_timeout reset stale cut timeout status
	Status   int       `json:"status"`    // of the answer; 0 without one
	Connect  float64   `json:"connect_s"` // spent on dialling, failed or not
	Took     float64   `json:"took_s"`
	Reused   bool      `json:"reused"`
	Replaced int       `json:"replaced"` // dead kept connections that net/http itself put another one in place of
	Endpoint string    `json:"endpoint,omitempty"`
	Error    string    `json:"error,omitempty"`
}

// trace is what net/http tells about an attempt on its way. Its hooks run in other goroutines too, and a dial that is
// given up goes on telling after the attempt has ended: so all is guarded by the lock, and judged from a copy.
type trace struct {
	sync.Mutex
	seen
}

type seen struct {
	dialled     bool
	dialStart   time.Time
	dialEnd     time.Time
	connections int // handed to the request, one after the other
	reused      bool
	read        bool // an answer's first byte has come
	endpoint    string
}

func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		ConnectStart: func(_, _ string) { t.note(seen.startDial) },
		ConnectDone:  func(_, _ string, _ error) { t.note(seen.endDial) },
		GotConn: func(info httptrace.GotConnInfo) {
			t.note(func(s seen) seen { return s.connected(info) })
		},
		GotFirstResponseByte: func() { t.note(func(s seen) seen { s.read = true; return s }) },
	}
}

func (t *trace) note(change func(seen) seen) {
	t.Lock()
	defer t.Unlock()
	t.seen = change(t.seen)
}

// startDial keeps the first of several addresses that are tried.
func (s seen) startDial() seen {
	if !s.dialled {
		s.dialled, s.dialStart = true, time.Now()
	}
	return s
}

func (s seen) endDial() seen {
	s.dialEnd = time.Now()
	return s
}

func (s seen) connected(info httptrace.GotConnInfo) seen {
	s.connections++
	s.reused, s.read = info.Reused, false
	s.endpoint = info.Conn.RemoteAddr().String()
	return s
}

// connect returns how long dialling took, up to `ended` if it was still under way then.
func (s seen) connect(ended time.Time) time.Duration {
	switch {
	case !s.dialled:
		return 0
	case s.dialEnd.IsZero():
		return ended.Sub(s.dialStart)
	}
	return s.dialEnd.Sub(s.dialStart)
}

// try makes one attempt: connect to the last byte of the answer.
func try(client *http.Client, method, target string) attempt {
	var t trace
	started := time.Now()
	status, err := t.request(client, method, target)
	ended := time.Now()
	t.Lock()
	s := t.seen
	t.Unlock()
	made := attempt{At: started, Status: status, Result: s.result(status, err), Took: ended.Sub(started).Seconds()}
	made.Connect, made.Reused, made.Endpoint = s.connect(ended).Seconds(), s.reused, s.endpoint
	made.Replaced = max(0, s.connections-1)
	if err != nil {
		made.Error = err.Error()
	}
	return made
}

func (t *trace) request(client *http.Client, method, target string) (int, error) {
	traced := httptrace.WithClientTrace(context.Background(), t.hooks())
	request, err := http.NewRequestWithContext(traced, method, target, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// result names the kind of an attempt's end, in the vocabulary of the simulator's policies.
//
// A kept connection that turns out dead is "stale" only where net/http does not itself put another one in its place: it
// does so for GET, not for POST (Go 1.26, net/http/transport.go, shouldRetryRequest).
func (s seen) result(status int, err error) string {
	var dial *net.OpError
	switch {
	case err == nil && status >= 400:
		return "status"
	case err == nil:
		return "ok"
	case s.connections == 0, errors.As(err, &dial) && dial.Op == "dial":
		return dialResult(err)
	case timedOut(err):
		return "timeout"
	case s.read:
		return "cut"
	case s.reused:
		return "stale"
	}
	return "reset"
}

func dialResult(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case timedOut(err):
		return "dial_timeout"
	}
	return "unreachable" // ENETUNREACH, EHOSTUNREACH, a name that can't be resolved: an immediate error
}

func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
