package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const shownBytes = 500 // of what a command said

// invoke runs a command of the command line to its end.
func invoke(words []string, limit time.Duration) error {
	limited, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := exec.CommandContext(limited, words[0], words[1:]...)
	command.WaitDelay = time.Second // a child of it that holds its output open is not waited for
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	said, err := command.CombinedOutput()
	if limited.Err() != nil {
		return fmt.Errorf("%s: no end after %s", strings.Join(words, " "), limit)
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		said = bytes.TrimSpace(said)
		return fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, said[max(0, len(said)-shownBytes):])
	}
	return nil
}

// again starts toxiproxy anew, or kills it where somebody else starts it again: then its toxics are gone, and the
// proxies of its configuration are back. It returns as soon as the old one has got its end.
func (c config) again() error {
	switch {
	case len(c.restart) > 0:
		return invoke(c.restart, c.commandLimit)
	case c.kill != "":
		return killNamed(c.kill)
	case c.killFile != "":
		return killOfFile(c.killFile)
	}
	return errors.New("this guardian was given no way to restart toxiproxy (-restart, -kill or -kill-file)")
}

// killNamed kills every process of this process namespace whose program has the name.
func killNamed(name string) error {
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	var found []error
	count := 0
	for _, entry := range entries {
		text, err := os.ReadFile(entry)
		program, _, _ := bytes.Cut(text, []byte{0})
		if err != nil || filepath.Base(string(program)) != name {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		count++
		found = append(found, kill(pid))
	}
	if count == 0 {
		return fmt.Errorf("no process here is called %q", name)
	}
	return errors.Join(found...)
}

func killOfFile(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return fmt.Errorf("%s: %q is no process number", file, text)
	}
	return kill(pid)
}

func kill(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}
