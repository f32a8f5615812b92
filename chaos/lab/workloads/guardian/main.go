// Guardian is the dead man's switch of one toxiproxy: it stands beside it and holds a deadline that the chaos runner
// renews with it directly. When the deadline passes, it takes the faults back by itself, if need be by restarting
// toxiproxy; it needs no API server for it.
//
// What it is told over HTTP stands in api.go, its flags in config.go. It writes a line for everything it does.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	c, err := readConfig(os.Args[1:])
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
	k := newKeeper(c)
	k.recall()
	listener, err := listen(c.listen)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go k.watch(ended)
	go k.look(ended)
	// whoever connects and says nothing is dropped: he must not hold a descriptor for ever
	server := &http.Server{Handler: handler(k), ReadTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ended.Done(): // what is armed stands in the state file, and goes on with the next start
		return server.Close()
	}
}

// listen opens HOST:PORT, or unix:PATH for its owner alone; a socket that a killed guardian left is taken over.
func listen(at string) (net.Listener, error) {
	path, unix := strings.CutPrefix(at, "unix:")
	if !unix {
		return net.Listen("tcp", at)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	defer syscall.Umask(syscall.Umask(0o077))
	return net.Listen("unix", path)
}
