package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// config is what the environment says about this service. Every variable may be absent.
type config struct {
	listen            string        // LISTEN, host:port; ":8080"
	latency           latency       // LATENCY, how long a worker is held: "20ms", or "lognormal:4ms:40ms" (p50:p99); 0
	errorShare        float64       // ERROR_SHARE, the share of requests that are answered with 500; 0
	atOnce            int           // AT_ONCE, workers; 0: as many as there are requests
	queue             int           // QUEUE, how many may wait for a worker, more get 503; -1: any number
	dependency        string        // DEPENDENCY, a URL that every request calls when its own work is done; none
	dependencyTimeout time.Duration // DEPENDENCY_TIMEOUT, from dialling to the answer's last byte; 1s
	replyBytes        int           // REPLY_BYTES, the size of an answer; 2
	drainDelay        time.Duration // DRAIN_DELAY, how long it still serves after SIGTERM, not ready any more; 0
	drainLimit        time.Duration // DRAIN_LIMIT, how long it then waits for what is in flight; 20s
}

// latency is a constant (spread 0) or a lognormal distribution.
type latency struct {
	median time.Duration
	spread float64 // the standard deviation of the logarithm
}

// z99 is the 99 % quantile of the standard normal distribution: p99 = p50 · exp(z99 · spread).
const z99 = 2.3263478740408408

func (l latency) draw() time.Duration {
	if l.spread == 0 {
		return l.median
	}
	return time.Duration(float64(l.median) * math.Exp(l.spread*rand.NormFloat64()))
}

// readConfig returns the configuration and every error in it, not only the first.
func readConfig() (config, error) {
	var c config
	err := errors.Join(
		read("LISTEN", ":8080", &c.listen, func(s string) (string, error) { return s, nil }),
		read("LATENCY", "0s", &c.latency, parseLatency),
		read("ERROR_SHARE", "0", &c.errorShare, parseShare),
		read("AT_ONCE", "0", &c.atOnce, atLeast(0)),
		read("QUEUE", "-1", &c.queue, atLeast(-1)),
		read("DEPENDENCY", "", &c.dependency, parseTarget),
		read("DEPENDENCY_TIMEOUT", "1s", &c.dependencyTimeout, parseDuration),
		read("REPLY_BYTES", "2", &c.replyBytes, atLeast(0)),
		read("DRAIN_DELAY", "0s", &c.drainDelay, parseDuration),
		read("DRAIN_LIMIT", "20s", &c.drainLimit, parseDuration),
	)
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

func parseDuration(given string) (time.Duration, error) {
	value, err := time.ParseDuration(given)
	if err != nil || value < 0 {
		return 0, errors.New("is no duration such as 250ms or 5s")
	}
	return value, nil
}

func parseLatency(given string) (latency, error) {
	words := strings.Split(given, ":")
	if len(words) == 1 {
		median, err := parseDuration(given)
		return latency{median: median}, err
	}
	if len(words) != 3 || words[0] != "lognormal" {
		return latency{}, errors.New("is neither a duration nor lognormal:P50:P99")
	}
	median, err := parseDuration(words[1])
	if err != nil {
		return latency{}, err
	}
	p99, err := parseDuration(words[2])
	if err != nil {
		return latency{}, err
	}
	if median <= 0 || p99 < median {
		return latency{}, errors.New("needs 0 < P50 <= P99")
	}
	return latency{median, math.Log(float64(p99)/float64(median)) / z99}, nil
}

func parseShare(given string) (float64, error) {
	value, err := strconv.ParseFloat(given, 64)
	if err != nil || !(value >= 0 && value <= 1) {
		return 0, errors.New("is no share between 0 and 1")
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

func parseTarget(given string) (string, error) {
	if given == "" {
		return "", nil
	}
	target, err := url.Parse(given)
	if err != nil || target.Scheme != "http" || target.Host == "" {
		return "", errors.New("is no URL such as http://host:8080/")
	}
	return given, nil
}
