package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	tick     = 50 * time.Millisecond // how late the deadline may be seen
	retry    = 5 * time.Second       // between two tries to undo what is left
	most     = 1000                  // steps of one run
	logLines = 200
)

// refusal is an answer that says no.
type refusal struct {
	status int
	why    string
}

func (r refusal) Error() string { return r.why }

type line struct {
	At   string `json:"at"`
	Said string `json:"said"`
}

type health struct {
	word   string
	detail string
	at     time.Duration // since boot; 0: not asked yet
}

// keeper holds the record, and does what it says when its deadline passes.
type keeper struct {
	config
	toxiproxy toxiproxy
	mutex     sync.Mutex
	record    record
	retryAt   time.Duration
	log       []line
	health    health
	blind     bool // the state file could not be read: only a restart undoes what nobody knows
}

func newKeeper(c config) *keeper {
	return &keeper{config: c, toxiproxy: newToxiproxy(c.toxiproxy), record: record{Phase: idle}}
}

// recall takes up what an earlier guardian left. A file that can't be read hides what was armed: then toxiproxy is
// restarted, which undoes everything that is undone by it.
func (k *keeper) recall() {
	found, err := read(k.state)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.record = found
	if err != nil {
		k.say("the state file can't be read (%v): toxiproxy is restarted, since nobody knows what was armed", err)
		k.record, k.blind = record{Phase: armed, Run: "unknown"}, true
	} else if found.Phase == armed {
		k.say("run %s goes on: %.1f s are left", found.Run, found.remaining().Seconds())
	}
}

// say notes what is done. The caller holds the mutex.
func (k *keeper) say(form string, values ...any) {
	said := line{time.Now().UTC().Format(time.RFC3339Nano), fmt.Sprintf(form, values...)}
	fmt.Println(said.At, said.Said)
	k.log = append(k.log, said)
	if len(k.log) > logLines {
		k.log = k.log[len(k.log)-logLines:]
	}
}

// note is say for whoever does not hold the mutex.
func (k *keeper) note(form string, values ...any) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.say(form, values...)
}

// arm begins a run, or adds steps to it; both renew its deadline.
func (k *keeper) arm(run string, within time.Duration, steps []step) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	next := record{Run: run, Phase: armed, Within: within, Boot: bootID()}
	switch held := k.record; {
	case held.Run == run && held.Phase != idle:
		if err := k.stillArmed(run); err != nil {
			return err
		}
		next.Steps = append(next.Steps, held.Steps...)
	case held.Phase != idle && held.Phase != undone:
		return refusal{http.StatusConflict, fmt.Sprintf("run %s holds this guardian (%s)", held.Run, held.Phase)}
	}
	for _, each := range steps {
		next.Steps = added(next.Steps, each)
	}
	if len(next.Steps) > most {
		return refusal{http.StatusBadRequest, fmt.Sprintf("%d steps to undo; accepted: up to %d", len(next.Steps), most)}
	}
	next.Until = sinceBoot() + within
	if err := next.write(k.state); err != nil {
		return refusal{http.StatusInsufficientStorage, fmt.Sprintf("the state could not be written: %v", err)}
	}
	k.record = next
	k.say("run %s: armed for %s, %d steps to undo", run, within, len(next.Steps))
	return nil
}

func added(steps []step, one step) []step {
	for _, each := range steps {
		if each.equal(one) {
			return steps
		}
	}
	return append(steps, one)
}

// forget drops steps that the run itself has undone. A caller who has gone meanwhile may have ordered the same anew:
// then nothing is dropped.
func (k *keeper) forget(caller context.Context, run string, steps []step) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if err := k.stillArmed(run); err != nil {
		return err
	}
	if err := caller.Err(); err != nil {
		return refusal{http.StatusRequestTimeout, "nothing is dropped: the caller has gone"}
	}
	next := k.record
	next.Steps = without(k.record.Steps, steps)
	if err := next.write(k.state); err != nil {
		return refusal{http.StatusInsufficientStorage, fmt.Sprintf("the state could not be written: %v", err)}
	}
	k.record = next
	return nil
}

func without(steps, gone []step) []step {
	var kept []step
	for _, each := range steps {
		if !slices.ContainsFunc(gone, each.equal) {
			kept = append(kept, each)
		}
	}
	return kept
}

// stillArmed says why a run's switch can't be renewed. The caller holds the mutex.
func (k *keeper) stillArmed(run string) error {
	switch held := k.record; {
	case held.Phase == idle:
		return refusal{http.StatusNotFound, fmt.Sprintf("run %s is not armed here; nobody is", run)}
	case held.Run != run:
		return refusal{http.StatusNotFound, fmt.Sprintf("run %s is not armed here; run %s is (%s)", run, held.Run, held.Phase)}
	case held.Phase != armed || held.remaining() <= 0:
		return refusal{http.StatusGone, fmt.Sprintf("the deadline of run %s has passed: its faults are taken back", run)}
	}
	return nil
}

// renew moves the deadline of a run. If the new one can't be written, a guardian that is killed meanwhile goes on with
// the old one, which is earlier.
func (k *keeper) renew(run string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if err := k.stillArmed(run); err != nil {
		return err
	}
	k.record.Until = sinceBoot() + k.record.Within
	if err := k.record.write(k.state); err != nil {
		k.say("run %s: renewed, but not in the state file: %v", run, err)
	}
	return nil
}

// disarm ends a run: whoever held it has undone everything himself.
func (k *keeper) disarm(run string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	switch held := k.record; {
	case held.Phase == idle || held.Run != run:
		return k.stillArmed(run)
	case held.Phase == undoing:
		return refusal{http.StatusConflict, fmt.Sprintf("run %s is being undone just now", run)}
	}
	next := record{Phase: idle}
	if err := next.write(k.state); err != nil {
		return refusal{http.StatusInsufficientStorage, fmt.Sprintf("the state could not be written: %v", err)}
	}
	k.record = next
	k.say("run %s: disarmed", run)
	return nil
}

// watch looks for the deadline, for ever. It asks the time instead of sleeping until then: a sleep stops with the
// machine.
func (k *keeper) watch(ended context.Context) {
	for ended.Err() == nil {
		if steps, due := k.due(); due {
			k.finish(k.undo(steps))
		}
		time.Sleep(tick)
	}
}

func (k *keeper) due() ([]step, bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	passed := k.record.Phase == armed && k.record.remaining() <= 0
	again := k.record.Phase == left && sinceBoot() >= k.retryAt
	if !passed && !again {
		return nil, false
	}
	if passed {
		k.say("run %s: the deadline has passed by %d ms, its faults are taken back",
			k.record.Run, -k.record.remaining().Milliseconds())
	}
	k.record.Phase = undoing
	return append([]step(nil), k.record.Steps...), true
}

func (k *keeper) finish(still []step) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.record.Steps, k.record.Phase = still, undone
	if len(still) > 0 || k.blind {
		k.record.Phase, k.retryAt = left, sinceBoot()+retry
	}
	if err := k.record.write(k.state); err != nil {
		k.say("the state could not be written: %v", err)
	}
	k.say("run %s: %s, %d steps left", k.record.Run, k.record.Phase, len(still))
}

// look asks toxiproxy how it is, each second while a run is armed, to know of a hang before it matters.
func (k *keeper) look(ended context.Context) {
	for ended.Err() == nil {
		word, detail := k.toxiproxy.health()
		k.mutex.Lock()
		if word != k.health.word {
			k.say("toxiproxy is %s %s", word, detail)
		}
		k.health = health{word, detail, sinceBoot()}
		idleNow := k.record.Phase == idle
		k.mutex.Unlock()
		pause(ended, map[bool]time.Duration{true: 10 * time.Second, false: time.Second}[idleNow])
	}
}

func pause(ended context.Context, length time.Duration) {
	select {
	case <-ended.Done():
	case <-time.After(length):
	}
}
