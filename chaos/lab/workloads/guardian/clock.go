package main

import (
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// bootTime is CLOCK_BOOTTIME (clock_gettime(2)): no setting of the clock moves it, and it goes on while the machine
// sleeps. It is the same for every process of one boot, so a deadline in it outlives the guardian.
const bootTime = 7

// sinceBoot returns the time since this boot.
func sinceBoot() time.Duration {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, bootTime, uintptr(unsafe.Pointer(&now)), 0)
	return time.Duration(now.Nano())
}

// bootID returns the identity of this boot; empty where it can't be read, and then no two boots are alike.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
