module weatherglass.local/workloads/guardian

go 1.24
