# shellcheck shell=bash
# Functions of the scripts on the controller that take pods and brokers from nodes. A script that sources this file sets
# $subject, the beginning of its messages.
queue=inaetics-queue

fail() { echo "error: ${subject:?}: $*" >&2; exit 1; }
kubectl() { /opt/inaetics/bin/kubectl --kubeconfig=/etc/inaetics/kubeconfig/admin --request-timeout=10s "$@"; }
in_queue() { kubectl --namespace=inaetics "$@"; }

# wait_for SECONDS PROBLEM CHECK...: waits until the check succeeds. Its last line is the reason, which is printed after 10 s, each
# time that it changes, and after the time limit.
wait_for() {
  local seconds=$1 problem=$2 began now reason told=
  shift 2
  began=$(date +%s)
  until reason=$("$@" 2>&1); do
    now=$(date +%s) reason=${reason##*$'\n'}
    [ "$now" -lt "$((began + seconds))" ] || fail "$problem within $seconds s: $reason; correct that, then run ./cluster up again: it continues here"
    if [ "$now" -ge "$((began + 10))" ] && [ "$reason" != "$told" ]; then told=$reason; echo "$subject: waits: $reason"; fi
    sleep 0.5
  done
}

# Only one script at a time takes pods and brokers away. The next one waits for the end of this one.
one_at_a_time() {
  exec 8>/run/inaetics-brokers.lock
  flock --nonblock 8 || { echo "$subject: waits for another removal"; flock 8; }
}

servers_wanted() { in_queue get statefulset "$queue" --ignore-not-found --output='jsonpath={.spec.replicas}'; }

brokers() {
  in_queue get pods --selector=name=inaetics-queue-broker-pod \
    --output='jsonpath={range .items[*]}{.metadata.name} {.status.podIP} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'
}

# brokers_current [LOST]: checks that every broker, or every one but LOST, is current in every stream and consumer. /healthz
# without parameters reports that.
# shellcheck disable=SC2120
brokers_current() {
  local name address ready wanted count=0 answer lost=${1:-}
  wanted=$(servers_wanted)
  while read -r name address ready; do
    [ "$name" != "$lost" ] || { count=$((count + 1)); continue; }
    [ "$ready" = True ] || { echo "$name is not ready"; return 1; }
    answer=$(curl --silent --show-error --max-time 3 "http://$address:8222/healthz" 2>&1) || { echo "$name: $answer"; return 1; }
    case $answer in *'"status":"ok"'*) ;; *) echo "$name: $answer"; return 1 ;; esac
    count=$((count + 1))
  done < <(brokers)
  [ "$count" -ge "${wanted:-0}" ] || { echo "$count of $wanted brokers exist"; return 1; }
}

# agent VERB...: one step of moving streams, by the queue agent; see images/queue-agent/src/servers.ts.
agent() {
  local pod rest
  pod=$(in_queue get pods --selector=name=inaetics-queue-pod \
    --output='jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].ready} {.metadata.deletionTimestamp}{"\n"}{end}' | awk '$2 == "true" && $3 == "" { print $1; exit }')
  [ -n "$pod" ] || { echo "no queue agent is ready"; return 1; }
  rest=$(timeout 60 /opt/inaetics/bin/kubectl --kubeconfig=/etc/inaetics/kubeconfig/admin --namespace=inaetics exec "$pod" -- \
    node --max-old-space-size=48 /app/main.js "$@" 2>&1) || { echo "${rest%$'\n'command terminated*}"; return 1; }
}

# Brokers are current and no stream is being copied. Scripts call this before and after a broker moves.
# shellcheck disable=SC2119
queue_whole() { brokers_current && agent whole; }

# Pods that moved must work before others move. Pods that are being deleted do not count.
demonstrator_ready() {
  local waiting
  waiting=$(in_queue get pods --output='jsonpath={range .items[*]}{.metadata.name}={.metadata.deletionTimestamp}={.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    awk -F= '$2 == "" && $3 != "True" { print $1 }')
  [ -z "$waiting" ] || { echo "not ready: ${waiting//$'\n'/ }"; return 1; }
}

# takes_pods NODE: checks that a node is Ready, not cordoned and without taints that keep pods away.
takes_pods() {
  [ "$(kubectl get node "$1" --ignore-not-found --output='jsonpath={.spec.unschedulable}/{.status.conditions[?(@.type=="Ready")].status}/{.spec.taints[?(@.effect!="PreferNoSchedule")].effect}')" = /True/ ]
}

# free_place VOLUME: checks that a broker which leaves this volume finds another one on a node that takes pods.
free_place() {
  local name phase deleted node
  while IFS='|' read -r name phase deleted node; do
    if [ "$phase" = Available ] && [ -z "$deleted" ] && takes_pods "$node"; then return; fi
  done < <(kubectl get persistentvolumes --output='jsonpath={range .items[?(@.spec.storageClassName=="inaetics-queue")]}{.metadata.name}|{.status.phase}|{.metadata.deletionTimestamp}|{.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]}{"\n"}{end}')
  return 1
}

claimed_volume() { in_queue get persistentvolumeclaim "$1" --ignore-not-found --output='jsonpath={.spec.volumeName}'; }

# free_volume VOLUME: lets other brokers use a volume whose claim is gone.
free_volume() {
  local volume=$1
  [ "$(kubectl get persistentvolume "$volume" --ignore-not-found --output='jsonpath={.status.phase}{.metadata.deletionTimestamp}')" = Released ] || return 0
  kubectl patch persistentvolume "$volume" --type=json --patch='[{"op":"remove","path":"/spec/claimRef"}]' >/dev/null
}

evicted() {
  printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"inaetics"}}' "$1" |
    kubectl create --raw "/api/v1/namespaces/inaetics/pods/$1/eviction" --filename=-
}

gone() { [ -z "$(in_queue get "$1" "$2" --ignore-not-found --output=name)" ] || { echo "$1 $2 still exists"; return 1; }; }

moved() { # POD CLAIM VOLUME
  local volume
  volume=$(claimed_volume "$2")
  if [ -z "$volume" ] || [ "$volume" = "$3" ]; then echo "$1 has no other volume yet"; return 1; fi
  brokers | grep -q "^$1 .* True$" || { echo "$1 is not ready on $volume"; return 1; }
}

# move_broker VOLUME [lost]: moves the broker that uses a volume to another one. Its copies are current on the others before,
# and on it afterwards. With `lost` its node is gone: the others must have all that is acknowledged.
move_broker() {
  local volume=$1 lost=${2:-} claim pod
  claim=$(kubectl get persistentvolume "$volume" --ignore-not-found --output='jsonpath={.spec.claimRef.name}')
  if [ -z "$claim" ] || [ "$(claimed_volume "$claim")" != "$volume" ]; then free_volume "$volume"; return; fi
  pod=${claim#data-}
  if [ "${pod##*-}" -ge "$(servers_wanted)" ]; then release "$volume" "$claim"; return; fi
  free_place "$volume" || fail "$pod has nowhere to go: no other node that takes pods has a free volume; allowed: a node for each broker; do: ./cluster kubectl get nodes,persistentvolumes, and uncordon a node, or keep this one"
  if [ -n "$lost" ]; then
    wait_for 120 "the other brokers do not have every copy ($pod may have the only one)" brokers_current "$pod"
    wait_for 120 "the other brokers do not have every copy ($pod has the only one: start its box again, with this node configured, by ./cluster up)" agent whole "$pod"
  else
    wait_for 180 "the brokers are not current" queue_whole
    wait_for 3600 "not every stream leaves $pod" agent evacuate "$pod" "$(($(servers_wanted) - 1))"
    in_queue exec "$pod" -- touch /data/released
  fi
  # A claim that a pod uses goes with that pod.
  in_queue delete persistentvolumeclaim "$claim" --wait=false --ignore-not-found
  if [ -n "$lost" ]; then in_queue delete pod "$pod" --force --grace-period=0 --ignore-not-found
  else wait_for 180 "$pod cannot be evicted" evicted "$pod"; fi
  wait_for 600 "$pod does not start elsewhere" moved "$pod" "$claim" "$volume"
  wait_for 600 "the brokers are not current" queue_whole
  free_volume "$volume"
}

release() { # VOLUME CLAIM
  in_queue delete persistentvolumeclaim "$2" --wait=false --ignore-not-found
  wait_for 60 "the claim stays" gone persistentvolumeclaim "$2"
  free_volume "$1"
}
