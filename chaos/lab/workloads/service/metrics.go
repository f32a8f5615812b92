package main

import (
	"fmt"
	"io"
	"net/http"
	"sort"
	"sync"
	"time"
)

// bounds are the upper bounds of the histogram's buckets, in seconds.
var bounds = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// metrics counts what the service does. All fields are guarded by the lock.
type metrics struct {
	sync.Mutex
	requests   map[int]int // by status code
	dependency map[int]int // calls of the dependency, by what they came to
	inFlight   int         // held by a worker
	waiting    int         // in the queue
	buckets    [len(bounds) + 1]int
	sum        float64 // seconds, from a request's arrival to its answer
}

func newMetrics() *metrics {
	return &metrics{requests: map[int]int{}, dependency: map[int]int{}}
}

func (m *metrics) move(inFlight, waiting int) {
	m.Lock()
	defer m.Unlock()
	m.inFlight += inFlight
	m.waiting += waiting
}

func (m *metrics) called(status int) {
	m.Lock()
	defer m.Unlock()
	m.dependency[status]++
}

func (m *metrics) answered(status int, took time.Duration) {
	m.Lock()
	defer m.Unlock()
	seconds := took.Seconds()
	m.requests[status]++
	m.buckets[sort.SearchFloat64s(bounds[:], seconds)]++
	m.sum += seconds
}

// ServeHTTP writes the metrics in Prometheus' text format, version 0.0.4.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.Lock()
	defer m.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	writeByCode(w, "http_requests_total", "Requests answered, by status code.", m.requests)
	writeByCode(w, "dependency_requests_total", "Calls of the dependency, by the status that they led to.", m.dependency)
	writeGauge(w, "http_requests_in_flight", "Requests held by a worker.", m.inFlight)
	writeGauge(w, "http_requests_waiting", "Requests that wait for a worker.", m.waiting)
	m.writeHistogram(w, "http_request_duration_seconds")
}

func writeByCode(w io.Writer, name, help string, counts map[int]int) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
	codes := make([]int, 0, len(counts))
	for code := range counts {
		codes = append(codes, code)
	}
	sort.Ints(codes)
	for _, code := range codes {
		fmt.Fprintf(w, "%s{code=\"%d\"} %d\n", name, code, counts[code])
	}
}

func writeGauge(w io.Writer, name, help string, value int) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, name, value)
}

func (m *metrics) writeHistogram(w io.Writer, name string) {
	fmt.Fprintf(w, "# HELP %s From a request's arrival to its answer.\n# TYPE %s histogram\n", name, name)
	count := 0
	for i, bound := range bounds {
		count += m.buckets[i]
		fmt.Fprintf(w, "%s_bucket{le=\"%g\"} %d\n", name, bound, count)
	}
	count += m.buckets[len(bounds)]
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %g\n%s_count %d\n", name, count, name, m.sum, name, count)
}
