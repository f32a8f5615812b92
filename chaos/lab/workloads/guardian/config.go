package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"sort"
	"strings"
	"time"
)

// config is what the command line says. What it may run stands here and nowhere else: a request can only name it.
type config struct {
	listen       string              // -listen, HOST:PORT, or unix:PATH
	toxiproxy    string              // -toxiproxy, the URL of its API
	state        string              // -state, the file in which an armed deadline outlives the guardian
	most         time.Duration       // -max, the longest deadline that it takes
	restart      []string            // -restart, the command that starts toxiproxy anew, as a JSON list
	kill         string              // -kill, the program name of a toxiproxy that somebody else starts again
	killFile     string              // -kill-file, the file with its process number instead
	commands     map[string][]string // -command NAME=JSON LIST, any number of times; {target} stands for the target
	commandLimit time.Duration       // -command-limit, how long a command may take
}

func readConfig(words []string) (config, error) {
	c := config{commands: map[string][]string{}}
	flags := flag.NewFlagSet("guardian", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error says it, once
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8475", "")
	flags.StringVar(&c.toxiproxy, "toxiproxy", "http://127.0.0.1:8474", "")
	flags.StringVar(&c.state, "state", "", "")
	flags.DurationVar(&c.most, "max", time.Minute, "")
	flags.StringVar(&c.kill, "kill", "", "")
	flags.StringVar(&c.killFile, "kill-file", "", "")
	flags.DurationVar(&c.commandLimit, "command-limit", 30*time.Second, "")
	flags.Func("restart", "", func(given string) (err error) {
		c.restart, err = commandOf(given)
		return err
	})
	flags.Func("command", "", func(given string) (err error) {
		name, list, _ := strings.Cut(given, "=")
		c.commands[name], err = commandOf(list)
		return err
	})
	return c, errors.Join(flags.Parse(words), c.check(flags.Args()))
}

func commandOf(given string) ([]string, error) {
	var words []string
	if err := json.Unmarshal([]byte(given), &words); err != nil || len(words) == 0 {
		return nil, errors.New(`needs a list such as ["/bin/prog","start","{target}"]`)
	}
	return words, nil
}

func (c config) check(left []string) error {
	var found []error
	if len(left) > 0 {
		found = append(found, fmt.Errorf("%q: it takes flags only", left))
	}
	if c.state == "" {
		found = append(found, errors.New("-state FILE is missing: without it a restarted guardian would have forgotten all"))
	}
	if at, err := url.Parse(c.toxiproxy); err != nil || at.Scheme != "http" || at.Host == "" {
		found = append(found, fmt.Errorf("-toxiproxy=%q is no URL such as http://127.0.0.1:8474", c.toxiproxy))
	}
	if c.most <= 0 || c.commandLimit <= 0 {
		found = append(found, errors.New("-max and -command-limit must be longer than nothing"))
	}
	if len(c.ways()) > 1 {
		found = append(found, fmt.Errorf("%s: give one way to restart toxiproxy", strings.Join(c.ways(), ", ")))
	}
	return errors.Join(found...)
}

// ways names the ways to restart toxiproxy that were given: none or one.
func (c config) ways() []string {
	var given []string
	for name, is := range map[string]bool{
		"-restart": len(c.restart) > 0, "-kill": c.kill != "", "-kill-file": c.killFile != "",
	} {
		if is {
			given = append(given, name)
		}
	}
	sort.Strings(given)
	return given
}

func (c config) commandNames() []string {
	names := make([]string, 0, len(c.commands))
	for name := range c.commands {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
