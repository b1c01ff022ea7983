# Part of scripts/box: boxes that are virtual machines (virtualbox, libvirt). Sourced; uses its variables and functions.
# Not tested yet, because no hypervisor was available.
# shellcheck shell=bash disable=SC2154

box_log_hint() { echo "VAGRANT_CWD=$vagrantfiles VAGRANT_DOTFILE_PATH=$VAGRANT_DOTFILE_PATH vagrant status $name"; }

box_state() {
  vagrant status "$name" --machine-readable 2>/dev/null | awk -F, '$3 == "state" { print $4 == "not_created" ? "absent" : $4 }'
}

box_alive() { [ "$(box_state)" = running ]; }

box_up() {
  locked prepare_vagrant_home
  # Provisioning is idempotent, so the next up completes a box whose first provisioning was interrupted.
  run_vagrant up "$name" --provider="$provider" --provision || fail "vagrant could not start box $name; its messages are above"
}

box_halt() { [ "$(box_state)" = absent ] || run_vagrant halt "$name" || fail "vagrant could not halt box $name; its messages are above"; }

box_destroy() {
  [ "$(box_state)" = absent ] || run_vagrant destroy "$name" --force || fail "vagrant could not destroy box $name; its messages are above"
  rm -rf "$VAGRANT_DOTFILE_PATH/machines/$name"
}
