// Service is an HTTP service whose behaviour is set by environment variables (config.go lists them).
//
// `/` serves a request; `/healthz` says whether it is ready; `/metrics` counts in Prometheus' text format. It writes
// nothing per request. On SIGTERM it stops being ready, serves on for DRAIN_DELAY, then takes no more connections and
// ends when what is in flight is answered, or after DRAIN_LIMIT.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	c, err := readConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := run(c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(c config) error {
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr()) // the port, where LISTEN leaves it to the system (:0)
	s := newService(c)
	server := &http.Server{Handler: s.handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ended.Done():
		return s.drain(server)
	}
}

func (s *service) drain(server *http.Server) error {
	s.draining.Store(true)
	time.Sleep(s.drainDelay)
	limited, cancel := context.WithTimeout(context.Background(), s.drainLimit)
	defer cancel()
	err := server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests still in flight after %s are cut off", s.drainLimit)
	}
	return err
}
