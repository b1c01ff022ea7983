#include "scratch.h"

#include "broker/renewal.h"

static const int64_t SECOND = 1000000000;

static void bad_for(renewal_t *renewal, int64_t *now, int seconds) {
  for (; seconds > 0; seconds--, *now += SECOND) renewal_bad(renewal, *now);
}

static void is_due_after_long_trouble_without_any_success(void **state) {
  (void)state;
  renewal_t renewal;
  renewal_init(&renewal);
  assert_false(renewal_due(&renewal));
  int64_t now = -5 * SECOND;
  bad_for(&renewal, &now, 20);
  assert_false(renewal_due(&renewal));
  bad_for(&renewal, &now, 1);
  assert_true(renewal_due(&renewal));
  renewal_good(&renewal);
  assert_false(renewal_due(&renewal));
  renewal_destroy(&renewal);
}

static void counts_from_the_first_trouble_not_from_the_last_success(void **state) {
  (void)state;
  renewal_t renewal;
  renewal_init(&renewal);
  renewal_good(&renewal);
  renewal_bad(&renewal, 3600 * SECOND);
  assert_false(renewal_due(&renewal));
  renewal_destroy(&renewal);
}

static void is_never_due_while_something_succeeds(void **state) {
  (void)state;
  renewal_t renewal;
  renewal_init(&renewal);
  int64_t now = 0;
  for (int round = 0; round < 10; round++) {
    bad_for(&renewal, &now, 19);
    assert_false(renewal_due(&renewal));
    renewal_good(&renewal);
  }
  renewal_destroy(&renewal);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_due_after_long_trouble_without_any_success),
      cmocka_unit_test(counts_from_the_first_trouble_not_from_the_last_success),
      cmocka_unit_test(is_never_due_while_something_succeeds),
  };
  return cmocka_run_group_tests_name("renewal", tests, NULL, NULL);
}
