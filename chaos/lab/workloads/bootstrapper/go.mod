module weatherglass.local/workloads/bootstrapper

go 1.24
