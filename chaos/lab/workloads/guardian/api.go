package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const longest = 1 << 18 // bytes of a request

// asked is the body of PUT /run.
type asked struct {
	Run     string  `json:"run"`
	WithinS float64 `json:"within_s"`
	Undo    []step  `json:"undo"`
}

// handler answers:
//
//	PUT    /run            arms a run, or adds to what it has armed; {"run", "within_s", "undo": [...]}
//	POST   /run/ID/renew   moves its deadline to within_s from now
//	POST   /run/ID/undone  drops steps that the run has undone itself; {"undo": [...]}
//	DELETE /run/ID         disarms it: nothing is undone
//	GET    /state          what is armed, for how long, what was done, and how toxiproxy is
//
// Good answers are the state; others {"error"}: 400 (what is accepted), 404 (not armed here), 409 (another run holds
// it), 410 (the deadline has passed), 507 (the state could not be written).
func handler(k *keeper) http.Handler {
	mux := http.NewServeMux()
	answer := func(pattern string, do func(*http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, longest)
			if err := do(r); err != nil {
				refuse(w, err)
				return
			}
			write(w, http.StatusOK, k.told())
		})
	}
	answer("PUT /run", k.asked)
	answer("POST /run/{run}/renew", func(r *http.Request) error { return k.renew(r.PathValue("run")) })
	answer("POST /run/{run}/undone", k.undone)
	answer("DELETE /run/{run}", func(r *http.Request) error { return k.disarm(r.PathValue("run")) })
	answer("GET /state", func(*http.Request) error { return nil })
	return mux
}

func (k *keeper) asked(r *http.Request) error {
	var body asked
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		return refusal{http.StatusBadRequest, fmt.Sprintf(`no {"run", "within_s", "undo"}: %v`, err)}
	}
	if !nameForm.MatchString(body.Run) {
		return refusal{http.StatusBadRequest, fmt.Sprintf("run: %q; accepted: letters, digits and _ . -", body.Run)}
	}
	within := time.Duration(body.WithinS * float64(time.Second))
	if !(body.WithinS > 0) || body.WithinS > k.most.Seconds() {
		return refusal{http.StatusBadRequest, fmt.Sprintf("within_s: %g; accepted: more than 0, up to %g",
			body.WithinS, k.most.Seconds())}
	}
	for number, each := range body.Undo {
		if err := each.check(k.commands, k.commandNames()); err != nil {
			return refusal{http.StatusBadRequest, fmt.Sprintf("undo.%d: %v", number, err)}
		}
	}
	return k.arm(body.Run, within, body.Undo)
}

func (k *keeper) undone(r *http.Request) error {
	var body struct {
		Undo []step `json:"undo"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		return refusal{http.StatusBadRequest, fmt.Sprintf(`no {"undo"}: %v`, err)}
	}
	return k.forget(r.Context(), r.PathValue("run"), body.Undo)
}

// told is the state, for GET /state.
func (k *keeper) told() map[string]any {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	remaining := 0.0
	if k.record.Phase == armed {
		remaining = max(0, k.record.remaining().Seconds())
	}
	steps := k.record.Steps
	if steps == nil {
		steps = []step{}
	}
	return map[string]any{
		"run":          k.record.Run,
		"phase":        k.record.Phase,
		"remaining_s":  remaining,
		"within_s":     k.record.Within.Seconds(),
		"undo":         steps,
		"log":          append([]line{}, k.log...),
		"toxiproxy":    map[string]any{"health": k.health.word, "detail": k.health.detail, "age_s": k.age()},
		"max_within_s": k.most.Seconds(),
		"commands":     k.commandNames(),
		"restarts_by":  strings.Join(k.ways(), ""),
	}
}

// age returns how long ago toxiproxy was asked, in seconds; -1 if never.
func (k *keeper) age() float64 {
	if k.health.at == 0 {
		return -1
	}
	return (sinceBoot() - k.health.at).Seconds()
}

func refuse(w http.ResponseWriter, err error) {
	var no refusal
	if !errors.As(err, &no) {
		no = refusal{http.StatusInternalServerError, err.Error()}
	}
	write(w, no.status, map[string]string{"error": no.why})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // a caller that has gone needs no answer
}
