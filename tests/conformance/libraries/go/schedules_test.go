// Package schedules lets Go's retry libraries meet a total failure in virtual time and prints when they try.
package schedules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/cenkalti/backoff/v5"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/googleapis/gax-go/v2"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/sony/gobreaker/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8sretry "k8s.io/client-go/util/retry"
)

const runs = 200

var errNo = errors.New("no")

// transport answers every request with one status, and notes when.
type transport struct {
	status int
	header http.Header
	note   func()
}

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	t.note()
	body := io.NopCloser(strings.NewReader(""))
	return &http.Response{StatusCode: t.status, Header: t.header, Body: body, Request: request}, nil
}

func (t transport) Do(request *http.Request) (*http.Response, error) { return t.RoundTrip(request) }

// schedule runs a client many times in virtual time and prints the instants of its tries, in seconds.
func schedule(t *testing.T, name string, call func(note func())) {
	t.Helper()
	all := make([][]float64, 0, runs)
	for range runs {
		synctest.Test(t, func(t *testing.T) {
			begun, starts := time.Now(), []float64{}
			call(func() { starts = append(starts, time.Since(begun).Seconds()) })
			all = append(all, starts)
		})
	}
	text, err := json.Marshal(map[string]any{"name": name, "starts_s": all})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("SCHEDULE", string(text))
}

func get(client interface {
	Do(*http.Request) (*http.Response, error)
}) {
	request, _ := http.NewRequest(http.MethodGet, "http://nowhere.test/", nil)
	if response, err := client.Do(request); err == nil {
		response.Body.Close()
	}
}

func TestSchedules(t *testing.T) {
	schedule(t, "cenkalti-backoff", func(note func()) {
		_, _ = backoff.Retry(context.Background(), func() (int, error) { note(); return 0, errNo })
	})
	schedule(t, "go-retryablehttp", func(note func()) {
		client := retryablehttp.NewClient()
		client.Logger = nil
		client.HTTPClient = &http.Client{Transport: transport{http.StatusServiceUnavailable, http.Header{}, note}}
		get(client.StandardClient())
	})
	schedule(t, "failsafe-go", func(note func()) {
		policy := retrypolicy.NewWithDefaults[int]()
		_, _ = failsafe.With[int](policy).Get(func() (int, error) { note(); return 0, errNo })
	})
	schedule(t, "failsafe-go-http", func(note func()) {
		policy := failsafehttp.NewRetryPolicyBuilder().Build()
		inner := transport{http.StatusServiceUnavailable, http.Header{}, note}
		get(&http.Client{Transport: failsafehttp.NewRoundTripper(inner, policy)})
	})
	conflict := apierrors.NewConflict(schema.GroupResource{}, "x", errNo)
	schedule(t, "k8s-default-retry", func(note func()) {
		_ = k8sretry.RetryOnConflict(k8sretry.DefaultRetry, func() error { note(); return conflict })
	})
	schedule(t, "k8s-default-backoff", func(note func()) {
		_ = k8sretry.RetryOnConflict(k8sretry.DefaultBackoff, func() error { note(); return conflict })
	})
	schedule(t, "azure-go", func(note func()) {
		line := runtime.NewPipeline("test", "1", runtime.PipelineOptions{}, &policy.ClientOptions{
			Transport: transport{http.StatusServiceUnavailable, http.Header{}, note}})
		request, _ := runtime.NewRequest(context.Background(), http.MethodGet, "https://nowhere.test/")
		if response, err := line.Do(request); err == nil {
			response.Body.Close()
		}
	})
	schedule(t, "gax-go", func(note func()) {
		pauses := gax.Backoff{}
		for range 8 {
			note()
			time.Sleep(pauses.Pause())
		}
	})
}

func TestAwsStandard(t *testing.T) {
	standard := retry.NewStandard()
	fmt.Println("ATTEMPTS", standard.MaxAttempts())
	for attempt := 1; attempt < standard.MaxAttempts(); attempt++ {
		total := time.Duration(0)
		for range 20000 {
			delay, _ := standard.RetryDelay(attempt, errNo)
			total += delay
		}
		fmt.Println("DELAY", attempt, total.Seconds()/20000)
	}
}

func TestGobreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{})
		through := ""
		// a linear congruential generator, which the other side repeats
		state := uint64(1)
		next := func() float64 {
			state = state*6364136223846793005 + 1442695040888963407
			return float64(state>>40) / (1 << 24)
		}
		for range 1000 {
			time.Sleep(time.Duration(next() * 10 * float64(time.Second)))
			good, called := next() < 0.4, "0"
			_, _ = breaker.Execute(func() (int, error) {
				called = "1"
				if good {
					return 0, nil
				}
				return 0, errNo
			})
			through += called
		}
		fmt.Println("GOBREAKER", through)
	})
}
