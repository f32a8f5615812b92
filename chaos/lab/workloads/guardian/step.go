package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// toxicName names one toxic of one proxy.
type toxicName struct {
	Proxy string `json:"proxy"`
	Name  string `json:"name"`
}

// step is one thing to undo. Exactly one of toxic (remove it), enable (the proxy) and command (with its target) is set.
type step struct {
	Toxic   *toxicName `json:"toxic,omitempty"`
	Enable  string     `json:"enable,omitempty"`
	Command string     `json:"command,omitempty"`
	Target  string     `json:"target,omitempty"`
}

// nameForm is what toxiproxy's routes can carry: it does not unescape names. No target may look like an option.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]*$`)

func (s step) String() string {
	switch {
	case s.Toxic != nil:
		return fmt.Sprintf("remove toxic %s of %s", s.Toxic.Name, s.Toxic.Proxy)
	case s.Enable != "":
		return "enable " + s.Enable
	}
	return s.Command + " " + s.Target
}

func (s step) equal(other step) bool {
	return s.String() == other.String()
}

// proxy returns the proxy that the step is about; empty for a command.
func (s step) proxy() string {
	if s.Toxic != nil {
		return s.Toxic.Proxy
	}
	return s.Enable
}

// check says what is wrong with a step that was sent.
func (s step) check(allowed map[string][]string, accepted []string) error {
	count := 0
	for _, is := range []bool{s.Toxic != nil, s.Enable != "", s.Command != ""} {
		if is {
			count++
		}
	}
	if count != 1 {
		return errors.New(`an undo is one of {"toxic": {"proxy", "name"}}, {"enable": PROXY}, {"command": NAME, "target"}`)
	}
	names := []string{s.Target}
	if s.Command == "" {
		names = []string{s.proxy()}
	}
	if s.Toxic != nil {
		names = append(names, s.Toxic.Name)
	}
	for _, name := range names {
		if !nameForm.MatchString(name) {
			return fmt.Errorf("%q is no name; accepted: letters, digits and _ . -, not - first", name)
		}
	}
	if _, known := allowed[s.Command]; s.Command != "" && !known {
		return fmt.Errorf("the command %q is not on this guardian's list; accepted: %s",
			s.Command, strings.Join(accepted, ", "))
	}
	return nil
}
