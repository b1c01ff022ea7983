# Part of scripts/box: boxes that are containers. Sourced; uses its variables and run_vagrant, locked, fail, address.
# shellcheck shell=bash disable=SC2154

# Boxes that start together share one Vagrant process, and so its folder.
VAGRANT_DOTFILE_PATH=$(dirname "$VAGRANT_DOTFILE_PATH")

box_log_hint() { echo "docker logs $container; docker exec $container journalctl -b"; }
box_state() {
  local state
  state=$(docker container inspect --format '{{.State.Status}}' "$container" 2>/dev/null) || state=absent
  echo "$state"
}
box_alive() { [ "$(box_state)" = running ]; }

check_docker() {
  command -v docker >/dev/null || fail "docker is not installed; install it with: apt-get install docker.io"
  local why
  why=$(docker version --format '{{.Server.Version}}' 2>&1 >/dev/null) && return
  case $why in
    *"permission denied"*) fail "no permission to use docker; run as root or join the group: sudo usermod -aG docker \$USER" ;;
    *) fail "the docker daemon does not answer ($why); start it with: systemctl start docker, or where nothing manages services: setsid dockerd &" ;;
  esac
}

# Fails when an object with our name belongs to another owner. $1: the object, $2: its labels of cluster, checkout and folder. cli/
# checks the same before, with more knowledge. Earlier versions set no label of the checkout; then the folder's counts, while it exists.
check_owner() {
  local label_cluster label_checkout label_folder
  IFS='|' read -r label_cluster label_checkout label_folder <<<"$2"
  [ "$label_cluster" = "$cluster" ] ||
    fail "$1 exists already and does not belong to this project; remove or rename it, or choose another stack name"
  if [ -n "$label_checkout" ]; then
    [ "$label_checkout" = "${INAETICS_CHECKOUT:-}" ] ||
      fail "$1 belongs to another checkout: $(dirname "$label_folder"); work on it there, or use another stack name here"
    return 0
  fi
  [ -z "$label_folder" ] || [ "$label_folder" = "$vagrantfiles" ] || [ ! -d "$label_folder" ] ||
    fail "$1 belongs to the cluster of the same name made from $(dirname "$label_folder"); run ./cluster destroy there, or use another stack name here"
}

# Prints docker's template for the labels that check_owner takes. $1: place of the labels in the object.
owner_labels() {
  printf '{{index %s "inaetics.cluster"}}|{{index %s "inaetics.checkout"}}|{{index %s "inaetics.folder"}}' "$1" "$1" "$1"
}

check_container_owner() {
  local labels
  labels=$(docker container inspect --format "$(owner_labels .Config.Labels)" "$container" 2>/dev/null) || return 0
  check_owner "container $container" "$labels"
}

check_network_owner() {
  local labels
  labels=$(docker network inspect --format "$(owner_labels .Labels)" "$cluster" 2>/dev/null) || return 0
  check_owner "docker network $cluster" "$labels"
}

# Labels of a new object, by which a checkout knows its own. Existing objects keep theirs.
own_labels() {
  printf '%s\n' --label "inaetics.cluster=$cluster" --label "inaetics.checkout=${INAETICS_CHECKOUT:-}" --label "inaetics.folder=$vagrantfiles"
}

# Prints the MTU of this machine's default route. Larger packets of the boxes would be lost silently.
host_mtu() {
  local device
  device=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  cat "/sys/class/net/${device:-lo}/mtu" 2>/dev/null || echo 1500
}

create_network() {
  local out labels gateway=${INAETICS_SUBNET%.*}.1
  mapfile -t labels < <(own_labels)
  out=$(docker network create --driver bridge --subnet "$INAETICS_SUBNET" --gateway "$gateway" \
    --opt "com.docker.network.driver.mtu=$(host_mtu | awk '{ print ($1 > 1500) ? 1500 : $1 }')" \
    "${labels[@]}" "$cluster" 2>&1) && return
  case $out in
    *overlaps*) fail "subnet $INAETICS_SUBNET overlaps with another docker network ($(networks_in_use)); choose another: ./cluster pulumi config set subnet A.B.C.0/24" ;;
    *) fail "docker network $cluster with $INAETICS_SUBNET could not be made: $out" ;;
  esac
}

networks_in_use() {
  docker network ls --quiet | xargs docker network inspect --format '{{.Name}} {{range .IPAM.Config}}{{.Subnet}}{{end}}' 2>/dev/null | sort | tr '\n' ';'
}

# Fails when this machine has a route into the subnet, because that route would take the boxes' traffic.
check_routes() {
  local clash
  clash=$(ip -4 -o route show root "$INAETICS_SUBNET"; ip -4 -o route show match "$INAETICS_SUBNET" | grep -v '^default' || true)
  [ -z "$clash" ] || fail "subnet $INAETICS_SUBNET is in use on this machine (route: $(echo "$clash" | head -n 1)); choose another: ./cluster pulumi config set subnet A.B.C.0/24"
}

ensure_network() {
  local subnet
  if subnet=$(docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}}{{end}}' "$cluster" 2>/dev/null); then
    check_network_owner
    [ "$subnet" = "$INAETICS_SUBNET" ] && return
    # A network of an earlier subnet is replaced when no box uses it any more.
    docker network rm "$cluster" >/dev/null 2>&1 ||
      fail "docker network $cluster has subnet $subnet and boxes on it; required: $INAETICS_SUBNET; run ./cluster destroy first"
  fi
  check_routes
  create_network
}

# $1: box. Replaces volumes of an earlier cluster, which has other host keys, because its etcd would refuse the new certificates.
ensure_volumes() {
  local volume identity labels owner
  mapfile -t labels < <(own_labels)
  identity=$(sha256sum <"$INAETICS_HOST_KEY/$1.pub" | cut -c1-16)
  for volume in "$cluster-$1-docker" "$cluster-$1-containerd" "$cluster-$1-data"; do
    if [ "$(docker volume inspect --format '{{index .Labels "inaetics.identity"}}' "$volume" 2>/dev/null || true)" = "$identity" ]; then continue; fi
    # The data of another checkout is never removed here.
    if owner=$(docker volume inspect --format "$(owner_labels .Labels)" "$volume" 2>/dev/null); then check_owner "volume $volume" "$owner"; fi
    docker volume rm --force "$volume" >/dev/null
    docker volume create "${labels[@]}" --label "inaetics.box=$1" --label "inaetics.identity=$identity" "$volume" >/dev/null
  done
}

ensure_image() {
  : "${INAETICS_BOX_IMAGE:=$("$vagrantfiles/box/build")}"
  export INAETICS_BOX_IMAGE
  docker image inspect "$INAETICS_BOX_IMAGE" >/dev/null 2>&1 && return
  "$vagrantfiles/box/build" >/dev/null
  docker image inspect "$INAETICS_BOX_IMAGE" >/dev/null 2>&1 ||
    fail "box image $INAETICS_BOX_IMAGE does not exist and $vagrantfiles/box/build makes another version; run ./cluster up again"
}

prepare_shared() {
  ensure_network
  ensure_image
  prepare_vagrant_home
}

check_mounts() {
  local path
  for path in "$INAETICS_PROGRAMS" "$INAETICS_IMAGES" "$INAETICS_HOST_KEY/$name" "$INAETICS_HOST_KEY/$name.pub"; do
    [ -e "$path" ] || fail "$path is missing, which box $name needs; run ./cluster up, which makes it"
  done
}

# Vagrant knows a box by the id in its folder; a run that was killed may have left a container without it. $1: box.
vagrant_id() { cat "$VAGRANT_DOTFILE_PATH/machines/$1/docker/id" 2>/dev/null || true; }

# Clears what would keep Vagrant from making or starting the container of box $1.
clear_the_way() {
  local container=$cluster-$1 id
  id=$(docker container inspect --format '{{.Id}}' "$container" 2>/dev/null) || return 0
  check_container_owner
  if [ "$id" != "$(vagrant_id "$1")" ]; then
    echo "box $1: removing a container that an interrupted run left" >&2
    remove_container
    return
  fi
  if box_moved "$1"; then
    echo "box $1: making it again, with the files of this folder; its volumes are kept" >&2
    remove_container
    return
  fi
  case $(box_state) in
    paused) docker unpause "$container" >/dev/null ;;
    restarting | dead | removing | created) remove_container ;;
  esac
}

# True when box $1 was made from another folder. It has that folder's files mounted, and could not start again without them.
box_moved() {
  local folder
  folder=$(docker container inspect --format '{{index .Config.Labels "inaetics.folder"}}' "$cluster-$1" 2>/dev/null) || return 1
  [ -n "$folder" ] && ! [ "$folder" -ef "$vagrantfiles" ]
}

remove_container() { docker rm --force --volumes "$container" >/dev/null 2>&1 || true; }

# Explains docker's error in $1 in one line, with the cure.
explain() {
  case $1 in
    *"Address already in use"*) fail "address $(address) of box $name is taken by another container on network $cluster; find and remove it: docker network inspect $cluster" ;;
    *"port is already allocated"* | *"address already in use"*) fail "a port of box $name is taken: $(printf '%s' "$1" | grep -i 'already' | head -n 1)" ;;
    *"o space left"*) fail "the disk of docker is full ($(docker info --format '{{.DockerRootDir}}')); free some space: docker system df" ;;
    *) fail "vagrant could not start box $name; its messages are above" ;;
  esac
}

# Prints the queued boxes whose process still runs.
queued_boxes() {
  local entry
  for entry in "$queue"/*; do
    if [ -e "$entry" ] && kill -0 "$(cut -d' ' -f1 "$entry")" 2>/dev/null; then basename "$entry"; fi
  done
}

# Starts all queued boxes at once, with this one, unless the lock's previous holder did so. Starting Vagrant takes seconds of
# processor time, for several boxes as for one.
up_queued() {
  [ -e "$queue/$name" ] || return 0
  local box boxes addresses="" log=$queue.log
  prepare_shared
  # The boxes of a new cluster are requested within half a second of each other.
  sleep 0.5
  boxes=$(queued_boxes)
  for box in $boxes; do
    clear_the_way "$box"
    ensure_volumes "$box"
    addresses="$addresses, \"$box\": \"$(cut -d' ' -f2 "$queue/$box")\""
  done
  # Vagrant lists all docker networks, inspects each, and fails when one is deleted in between.
  for _ in 1 2 3 4 5; do
    # shellcheck disable=SC2086
    INAETICS_BOXES="{${addresses#, }}" run_vagrant up $boxes --provider=docker --no-provision --parallel >"$log" 2>&1 && break
    grep -q "No such object\|No such network\|network .* not found" "$log" || break
  done
  for box in $boxes; do rm -f "$queue/$box"; done
}

box_up() {
  check_docker
  check_container_owner
  # A running box that Vagrant knows needs nothing.
  [ "$(box_state)" != running ] || [ -z "$(vagrant_id "$name")" ] || box_moved "$name" || return 0
  check_mounts
  local queue=$VAGRANT_DOTFILE_PATH/queue
  mkdir -p "$queue"
  echo "$$ $(address)" >"$queue/$name"
  locked up_queued
  [ "$(box_state)" != running ] || return 0
  # Removes a container that could not be started, so that the next run makes it again.
  [ "$(box_state)" != created ] || remove_container
  cat "$queue.log" >&2
  explain "$(cat "$queue.log")"
}

box_halt() {
  check_docker
  check_container_owner
  [ "$(box_state)" = absent ] || docker stop --time 20 "$container" >/dev/null
}

remove_network_if_unused() {
  [ -z "$(docker container ls --all --quiet --filter "label=inaetics.cluster=$cluster")" ] || return 0
  docker network inspect "$cluster" >/dev/null 2>&1 || return 0
  check_network_owner
  docker network rm "$cluster" >/dev/null
}

# One docker command removes a box at once; Vagrant would take seconds. Its record of the box is deleted below.
box_destroy() {
  check_docker
  check_container_owner
  remove_container
  [ "$(box_state)" = absent ] || fail "docker could not remove container $container: $(docker rm --force "$container" 2>&1)"
  docker volume ls --quiet --filter "label=inaetics.cluster=$cluster" --filter "label=inaetics.box=$name" |
    xargs --no-run-if-empty docker volume rm --force >/dev/null
  locked remove_network_if_unused
  rm -rf "$VAGRANT_DOTFILE_PATH/machines/$name" "$VAGRANT_DOTFILE_PATH/queue/$name"
}
