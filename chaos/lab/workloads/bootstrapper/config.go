package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// config is what the environment says about this client. Every variable may be absent.
type config struct {
	target   string        // TARGET, the URL that it calls; http://label-studio:8080/
	method   string        // METHOD, GET or POST (without a body); GET
	client   *http.Client  // TRANSPORT, audited or recommended; audited. DIAL_TIMEOUT and TOTAL_TIMEOUT change its limits
	every    time.Duration // EVERY, from the end of a call to the start of the next; 4m
	attempts int           // ATTEMPTS, how many a call makes until one is good, without a pause between them; 3
	calls    int           // CALLS, how many are made before it ends; 0: no end
}

// readConfig returns the configuration and every error in it, not only the first.
func readConfig() (config, error) {
	var c config
	var transport string
	err := errors.Join(
		read("TARGET", "http://label-studio:8080/", &c.target, parseTarget),
		read("METHOD", "GET", &c.method, parseMethod),
		read("TRANSPORT", "audited", &transport, parseTransport),
		read("EVERY", "4m", &c.every, parseDuration),
		read("ATTEMPTS", "3", &c.attempts, atLeast(1)),
		read("CALLS", "0", &c.calls, atLeast(0)),
	)
	limit := transports[transport]
	err = errors.Join(
		err,
		read("DIAL_TIMEOUT", limit.dial.String(), &limit.dial, parseDuration),
		read("TOTAL_TIMEOUT", limit.total.String(), &limit.total, parseDuration),
	)
	c.client = newClient(transport, limit)
	return c, err
}

func read[T any](name, otherwise string, into *T, parse func(string) (T, error)) error {
	given := os.Getenv(name)
	if given == "" {
		given = otherwise
	}
	value, err := parse(given)
	if err != nil {
		return fmt.Errorf("%s=%q: %w", name, given, err)
	}
	*into = value
	return nil
}

func parseTarget(given string) (string, error) {
	target, err := url.Parse(given)
	if err != nil || target.Scheme != "http" || target.Host == "" {
		return "", errors.New("is no URL such as http://host:8080/")
	}
	return given, nil
}

func parseMethod(given string) (string, error) {
	if given != http.MethodGet && given != http.MethodPost {
		return "", errors.New("is neither GET nor POST")
	}
	return given, nil
}

func parseDuration(given string) (time.Duration, error) {
	value, err := time.ParseDuration(given)
	if err != nil || value < 0 {
		return 0, errors.New("is no duration such as 250ms or 5s")
	}
	return value, nil
}

func atLeast(least int) func(string) (int, error) {
	return func(given string) (int, error) {
		value, err := strconv.Atoi(given)
		if err != nil || value < least {
			return 0, fmt.Errorf("is no whole number from %d on", least)
		}
		return value, nil
	}
}
