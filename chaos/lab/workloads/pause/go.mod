module weatherglass.local/workloads/pause

go 1.24
