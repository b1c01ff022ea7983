#include "scratch.h"

#include "framework/manifest.h"
#include <string.h>

static manifest_t *parse(const char *text, inaetics_error_t *error) {
  return manifest_parse(text, strlen(text), error);
}

static void reads_sections(void **state) {
  (void)state;
  manifest_t *read = parse("Manifest-Version: 1.0\r\nBundle-Version: 2.0.0\r\n\r\nName: bundles/a.zip\r\n"
                           "SHA-256-Digest: abc=\r\n\r\n\r\nName: b\r\nx: y: z\r\n",
                           NULL);
  assert_non_null(read);
  assert_string_equal(manifest_get(manifest_find(read, NULL), "bundle-version"), "2.0.0");
  assert_int_equal(manifest_count(read), 2);
  assert_string_equal(manifest_get(manifest_section_at(read, 0), "Name"), "bundles/a.zip");
  assert_string_equal(manifest_get(manifest_find(read, "b"), "X"), "y: z");
  assert_null(manifest_find(read, "c"));
  assert_null(manifest_get(manifest_find(read, "b"), "Name2"));
  manifest_free(read);
}

static void joins_continued_lines(void **state) {
  (void)state;
  manifest_t *read =
      parse("Manifest-Version: 1.0\nName1: 0123456789012345678901234567890123456789012345678901234567890123\n"
            " 456789\n  more\n\nName: a-name-that-is-folded-in-the-mid\n dle\n",
            NULL);
  assert_non_null(read);
  assert_string_equal(manifest_get(manifest_find(read, NULL), "Name1"),
                      "0123456789012345678901234567890123456789012345678901234567890123456789 more");
  assert_non_null(manifest_find(read, "a-name-that-is-folded-in-the-middle"));
  manifest_free(read);
}

static void reads_all_line_ends(void **state) {
  (void)state;
  manifest_t *read = parse("A: 1\rB: 2\nC: 3\r\n\rName: x\r", NULL);
  assert_non_null(read);
  assert_string_equal(manifest_get(manifest_find(read, NULL), "C"), "3");
  assert_int_equal(manifest_count(read), 1);
  manifest_free(read);
}

static void refuses_broken_manifests(void **state) {
  (void)state;
  static const char *const wrong[][2] = {{"", "no main section"},
                                         {"\nName: x\n", "no main section"},
                                         {"nothing\n", "line 1"},
                                         {"A: 1\nb c: 2\n", "line 2"},
                                         {"A: 1\n\nB: 2\n", "instead of \"Name\""},
                                         {"A: 1\n\nName: x\n\nName: x\n", "second section"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    inaetics_error_t error;
    assert_null(parse(wrong[i][0], &error));
    assert_non_null(strstr(error.text, wrong[i][1]));
  }
  inaetics_error_t error;
  assert_null(manifest_parse("A: 1\0\n", 6, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_sections), cmocka_unit_test(joins_continued_lines),
                                     cmocka_unit_test(reads_all_line_ends), cmocka_unit_test(refuses_broken_manifests)};
  return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
