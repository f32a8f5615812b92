module weatherglass.local/workloads/service

go 1.24
