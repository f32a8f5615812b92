package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	backLimit = 10 * time.Second // for a restarted toxiproxy to answer; it takes 25 ms, a container some seconds
	backPoll  = 25 * time.Millisecond
)

// undo takes the steps back, the last one first, and returns those that are still to be done. No failure of one keeps
// it from the others. What toxiproxy does not give up, or does not answer for, is undone by restarting it.
func (k *keeper) undo(steps []step) []step {
	failed := map[string]bool{}
	talks := true // toxiproxy answers: one call in vain is enough
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].Command == "" && !talks {
			continue
		}
		err := k.take(steps[i])
		talks = talks && !errors.Is(err, errSilent)
		if err != nil {
			failed[steps[i].String()] = true
			k.note("%s: %v", steps[i], err)
		} else {
			k.note("%s: done", steps[i])
		}
	}
	wrong := touching(steps)
	if talks {
		wrong = k.wrong(steps)
	}
	if len(wrong) > 0 || k.blind || len(touching(steps)) > 0 && k.hangs() {
		wrong = k.restarted(steps, wrong)
	}
	return keep(steps, func(each step) bool { return wrong[each.String()] || each.Command != "" && failed[each.String()] })
}

// touching returns the steps that are about toxiproxy; without any its health is none of the run's business.
func touching(steps []step) map[string]bool {
	found := map[string]bool{}
	for _, each := range steps {
		if each.proxy() != "" {
			found[each.String()] = true
		}
	}
	return found
}

func (k *keeper) hangs() bool {
	word, _ := k.toxiproxy.health()
	return word == "hung"
}

// take does one step.
func (k *keeper) take(one step) error {
	switch {
	case one.Toxic != nil:
		return k.toxiproxy.remove(*one.Toxic)
	case one.Enable != "":
		return k.toxiproxy.enable(one.Enable)
	}
	words := make([]string, len(k.commands[one.Command]))
	for i, word := range k.commands[one.Command] {
		words[i] = strings.ReplaceAll(word, "{target}", one.Target)
	}
	if len(words) == 0 { // armed by a guardian that had a longer list
		return fmt.Errorf("the command %q is not on this guardian's list", one.Command)
	}
	return invoke(words, k.commandLimit)
}

// wrong reads back what toxiproxy says now, and returns the steps that it contradicts. It does not ask on once a call
// was in vain: then all that it has not heard of is wrong.
func (k *keeper) wrong(steps []step) map[string]bool {
	read, found, silent := map[string]proxy{}, map[string]bool{}, false
	for _, each := range steps {
		name := each.proxy()
		if name == "" {
			continue
		}
		now, known := read[name]
		if !known && !silent {
			var there bool
			var err error
			if now, there, err = k.toxiproxy.proxy(name); err != nil {
				silent = true
				k.note("%s can't be read: %v", name, err)
			} else if !there {
				now = proxy{Enabled: true} // without the proxy there is no toxic; its links are its owner's
			}
			read[name] = now
			known = !silent
		}
		if !known || silent || contradicts(now, each) {
			found[each.String()] = true
		}
	}
	return found
}

func contradicts(now proxy, one step) bool {
	if one.Enable != "" {
		return !now.Enabled
	}
	for _, each := range now.Toxics {
		if each.Name == one.Toxic.Name {
			return true
		}
	}
	return false
}

// restarted restarts toxiproxy, waits until it answers, and returns what is still wrong.
func (k *keeper) restarted(steps []step, wrong map[string]bool) map[string]bool {
	if err := k.again(); err != nil {
		k.note("toxiproxy can't be restarted: %v", err)
		return wrong
	}
	k.blind = false
	k.note("toxiproxy was restarted: all its toxics are gone, others' too, and its connections are cut")
	for until := sinceBoot() + backLimit; sinceBoot() < until; time.Sleep(backPoll) {
		if word, _ := k.toxiproxy.health(); word == "well" {
			return k.wrong(steps)
		}
	}
	k.note("toxiproxy does not answer %s after it was restarted", backLimit)
	return k.wrong(steps)
}

func keep(steps []step, is func(step) bool) []step {
	kept := []step{}
	for _, each := range steps {
		if is(each) {
			kept = append(kept, each)
		}
	}
	return kept
}
