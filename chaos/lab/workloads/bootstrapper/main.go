// Bootstrapper is the client of the cluster that was audited on 2025-10-13: a Go net/http client that calls a service
// again and again. It writes one line of JSON per attempt to standard output (attempt.go).
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	c, err := readConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	log := json.NewEncoder(os.Stdout)
	for call := 1; c.calls == 0 || call <= c.calls; call++ {
		if call > 1 {
			time.Sleep(c.every)
		}
		c.call(call, log)
	}
}

// call attempts until one is good: no backoff, no jitter, no breaker, as audited.
func (c config) call(number int, log *json.Encoder) {
	for n := 1; n <= c.attempts; n++ {
		made := try(c.client, c.method, c.target)
		made.Call, made.Number = number, n
		log.Encode(made)
		if made.Result == "ok" {
			return
		}
	}
}
