package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// What a request is answered with: 502 if its call of the dependency failed, 504 if that was not answered in time.
const (
	good     = http.StatusOK
	bad      = http.StatusInternalServerError
	full     = http.StatusServiceUnavailable
	failed   = http.StatusBadGateway
	unknown  = http.StatusGatewayTimeout
	notReady = http.StatusServiceUnavailable
)

// service answers requests with a limited number of workers and a queue, first come, first served. Work is never given
// up: a caller that has gone is served all the same, as by most servers.
type service struct {
	config
	metrics  *metrics
	workers  chan struct{} // one element per busy worker; nil without a limit. Senders to a channel wait in order
	inside   atomic.Int64  // held by a worker or waiting
	draining atomic.Bool
	client   *http.Client
	body     []byte
}

func newService(c config) *service {
	s := &service{config: c, metrics: newMetrics(), client: &http.Client{Timeout: c.dependencyTimeout}}
	if c.atOnce > 0 {
		s.workers = make(chan struct{}, c.atOnce)
	}
	s.body = bytes.Repeat([]byte("."), c.replyBytes)
	return s
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.serve)
	mux.HandleFunc("/healthz", s.health)
	mux.Handle("/metrics", s.metrics)
	return mux
}

// health tells the kubelet's probes: it takes no worker, so that a busy service is not taken for a dead one.
func (s *service) health(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "draining", notReady)
		return
	}
	io.WriteString(w, "ok\n")
}

func (s *service) serve(w http.ResponseWriter, _ *http.Request) {
	arrived := time.Now()
	status := s.status()
	w.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
	w.WriteHeader(status)
	w.Write(s.body)
	s.metrics.answered(status, time.Since(arrived))
}

// status waits for a worker, works, and returns what to answer.
func (s *service) status() int {
	defer s.inside.Add(-1)
	inside := s.inside.Add(1)
	if s.workers != nil && s.queue >= 0 && inside > int64(s.atOnce+s.queue) {
		return full
	}
	s.takeWorker()
	defer s.freeWorker()
	time.Sleep(s.latency.draw())
	if s.errorShare > 0 && rand.Float64() < s.errorShare {
		return bad
	}
	if s.dependency == "" {
		return good
	}
	status := s.callDependency()
	s.metrics.called(status)
	return status
}

func (s *service) takeWorker() {
	s.metrics.move(0, 1)
	if s.workers != nil {
		s.workers <- struct{}{}
	}
	s.metrics.move(1, -1)
}

func (s *service) freeWorker() {
	s.metrics.move(-1, 0)
	if s.workers != nil {
		<-s.workers
	}
}

// callDependency returns what its answer means for ours: any answer but a 2xx is a failure.
func (s *service) callDependency() int {
	response, err := s.client.Get(s.dependency)
	if err == nil {
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return unknown
	case err != nil, response.StatusCode >= 300:
		return failed
	}
	return good
}
