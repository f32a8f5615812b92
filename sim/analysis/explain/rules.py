"""The rules that stories cite: what the software does, and where that is written."""

from __future__ import annotations

__all__ = ["RULES"]

RULES: dict[str, str] = {
    "H2": "the kubelet renews its lease each quarter of the lease's duration (kubelet: nodeLeaseRenewIntervalFraction)",
    "H12": "Ready comes back with the kubelet's node watch or registration, not its lease (client-go: reflector)",
    "N2": "Unknown at the first monitor pass after probe + grace; 50 s from Kubernetes 1.32, 40 s before "
    "(node lifecycle controller: tryUpdateNodeHealth)",
    "N4": "news by status alone drops the saved lease, so that the next pass takes the old lease for news again",
    "N6": "the pass that finds a node gone also sets its pods not ready (node lifecycle controller: monitorNodeHealth)",
    "N7": "the NoSchedule taint follows the node's condition at once (doNoScheduleTaintingPass)",
    "N8": "the NoExecute taint is rate limited: 0.1 nodes a second and zone (doNoExecuteTaintingPass)",
    "N13": "pods are deleted when the taint is as old as their tolerationSeconds, 300 s by default (taint eviction)",
    "N16": "pods of a deleted Node object are force deleted 40 to 80 s later (pod garbage collector)",
    "P2": "a pod's object goes when its kubelet confirms; without a kubelet it stays Terminating (CheckGracefulDelete)",
    "P3": "a force delete removes the object at once; the container may still run (CheckGracefulDelete)",
    "P8": "a pod is ready after its first good probe (kubelet: prober worker)",
    "S5": "a node must fit: cordon, taints, selectors, and requests against what is free (scheduler: default plugins)",
    "D1": "a replacement is made as soon as the old pod has a deletion timestamp (ReplicaSet: FilterActivePods)",
    "E1": "an endpoint follows the pod's readiness at once (EndpointSlice controller)",
    "E4": "each node's proxy writes its rules at most once a second (kube-proxy: bounded frequency runner)",
    "A8": "a leader that cannot renew for 10 s exits (client-go: leader election 15/10/2)",
    "A9": "another candidate leads 15 s after it last saw the lease change (client-go: leader election)",
    "Q2": "an election begins 10 to 19 ticks after the last heartbeat of the leader (raft: randomised time-out)",
    "Q6": "a majority of members must be up; without it nothing is written (etcd)",
    "W2": "Linux sends a SYN again after 1 s and so on; its schedule depends on the kernel (tcp_syn_retries)",
}
