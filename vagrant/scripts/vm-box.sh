# Part of scripts/box: boxes that are virtual machines (virtualbox, libvirt). Sourced; uses its variables and functions.
# Not run anywhere yet: no hypervisor was at hand where this was written.
# shellcheck shell=bash disable=SC2154

box_log_hint() { echo "VAGRANT_CWD=$vagrantfiles VAGRANT_DOTFILE_PATH=$VAGRANT_DOTFILE_PATH vagrant status $name"; }

box_state() {
  vagrant status "$name" --machine-readable 2>/dev/null | awk -F, '$3 == "state" { print $4 == "not_created" ? "absent" : $4 }'
}

box_alive() { [ "$(box_state)" = running ]; }

box_up() {
  locked prepare_vagrant_home
  # Provisioning is idempotent, so a box whose first one was interrupted is mended by the next up.
  run_vagrant up "$name" --provider="$provider" --provision || fail "vagrant could not bring box $name up; its messages are above"
}

box_halt() { [ "$(box_state)" = absent ] || run_vagrant halt "$name" || fail "vagrant could not halt box $name"; }

box_destroy() {
  [ "$(box_state)" = absent ] || run_vagrant destroy "$name" --force || fail "vagrant could not destroy box $name"
  rm -rf "$VAGRANT_DOTFILE_PATH/machines/$name"
}
