# Shared by the scripts that make box images; sourced, not run. Defines: cache, work, say, fail, check_docker, short_hash,
# ensure_image.
# shellcheck shell=bash

say() { echo "$*" >&2; }
fail() { echo "error: $*" >&2; exit 1; }

cache=${INAETICS_CACHE:-}
[ -n "$cache" ] ||
  fail "INAETICS_CACHE, the folder of programs and images, is not set; ./cluster sets it. By hand, run first: eval \"\$(./cluster env)\""
work=""

cleanup() { [ -z "$work" ] || rm -rf --one-file-system "$work"; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Fails with the cure when no docker daemon answers.
check_docker() {
  command -v docker >/dev/null || fail "docker is not installed; install it with: apt-get install docker.io"
  local why
  why=$(docker version --format '{{.Server.Version}}' 2>&1 >/dev/null) && return
  case $why in
    *"permission denied"*) fail "no permission to use docker; run as root or join the group: sudo usermod -aG docker \$USER" ;;
    *) fail "the docker daemon does not answer (${why:-no reason given}); start it with: systemctl start docker, or where nothing manages services: setsid dockerd &" ;;
  esac
}

# Reads stdin; prints the first 12 hexadecimal digits of its SHA-256.
short_hash() { sha256sum | cut -c1-12; }

# Prints the label with the version of image $1.
image_version() { docker image inspect --format '{{index .Config.Labels "inaetics.version"}}' "$1" 2>/dev/null || true; }

# Builds image $1 from the context $3, labelled with version $2; further arguments go to docker build.
docker_build() {
  local reference=$1 version=$2 context=$3
  shift 3
  # The classic builder is in every docker, works without plugins, and has no cache that could be stale on another machine.
  DOCKER_BUILDKIT=0 docker build --force-rm --no-cache --tag "$reference" --label "inaetics.version=$version" "$@" "$context" \
    >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; fail "docker build of $reference failed; its last lines are above"; }
}

# Loads image $1 in version $2 from the tar $3 and removes a damaged tar. Fails when docker does not have the image afterwards.
load_image() {
  [ -f "$3" ] || return 1
  local started
  started=$(date +%s)
  if docker load --quiet --input "$3" >/dev/null 2>&1 && [ "$(image_version "$1")" = "$2" ]; then
    say "loaded $1 from the cache in $(($(date +%s) - started)) s"
  else
    say "the cached $3 is damaged; building $1 again"
    rm -f "$3"
    return 1
  fi
}

# ensure_image NAME HASH IMAGE: puts IMAGE in version HASH into the daemon, and prints its name. It comes from the daemon, else from
# the cache, else from the caller's function `build IMAGE HASH`, and is kept in the cache. One process at a time per NAME.
ensure_image() {
  local name=$1 hash=$2 reference=$3 tar="$cache/images/$1-$2.tar" started
  if [ "$(image_version "$reference")" != "$hash" ] || [ ! -f "$tar" ]; then
    mkdir -p "$cache/images" "$cache/box"
    exec 9>"$cache/box/$name.lock"
    flock 9
    work=$(mktemp -d "$cache/box/$name.XXXXXX")
    if [ "$(image_version "$reference")" != "$hash" ] && ! load_image "$reference" "$hash" "$tar"; then
      started=$(date +%s)
      say "building $reference"
      build "$reference" "$hash"
      say "built $reference in $(($(date +%s) - started)) s"
    fi
    if [ ! -f "$tar" ]; then
      docker save --output "$work/image.tar" "$reference"
      mv "$work/image.tar" "$tar"
    fi
    ln -sfn "$name-$hash.tar" "$cache/images/$name.tar"
    exec 9>&-
  fi
  echo "$reference"
}
