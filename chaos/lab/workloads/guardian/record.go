package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

type phase string

// The phases of a run's switch. armed -> undoing when the deadline passes; undoing -> undone, or -> left, from where it
// is tried again. From armed, undone and left its own run can send it to idle.
const (
	idle    phase = "idle"
	armed   phase = "armed"
	undoing phase = "undoing"
	undone  phase = "undone"
	left    phase = "left"
)

// record is what must outlive the guardian. The deadline is in the time of one boot, which no clock jump moves; read
// under another boot it has passed.
type record struct {
	Run    string        `json:"run"`
	Phase  phase         `json:"phase"`
	Steps  []step        `json:"steps"`
	Within time.Duration `json:"within_ns"`
	Until  time.Duration `json:"until_ns_since_boot"`
	Boot   string        `json:"boot"`
}

// remaining returns how long the run has left.
func (r record) remaining() time.Duration {
	return r.Until - sinceBoot()
}

// write replaces the file whole, on disk before it returns: after a power cut there is the old record or the new one.
func (r record) write(path string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	partial := path + ".partial"
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err = os.Rename(partial, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// read returns the record of an earlier guardian, ready to go on: an armed one keeps its deadline if this is the same
// boot, and everything else that was not finished is due at once. Without a file it is idle.
func read(path string) (record, error) {
	nothing := record{Phase: idle}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	var found record
	if err := json.Unmarshal(text, &found); err != nil {
		return nothing, err
	}
	boot := bootID()
	switch {
	case found.Phase == undoing || found.Phase == left, found.Phase == armed && (boot == "" || found.Boot != boot):
		found.Phase, found.Until = armed, 0
	case found.Phase == armed:
		found.Until = min(found.Until, sinceBoot()+found.Within) // never later than a renewal just now would have it
	}
	return found, nil
}
