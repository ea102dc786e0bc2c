# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The generator of manual pages sorts comments into sections, and refuses bad ones.

usage: man_generator_test.py GENERATOR
"""

import importlib.util
import sys
import unittest

VERSION = """
enum {
	RINGMAP_VERSION_MAJOR = 1,
	RINGMAP_VERSION_MINOR = 2,
	RINGMAP_VERSION_PATCH = 3
};
"""

GOOD = """
/**
 * ringmap_ring_turn - turn a ring
 *
 * As far as @angle says; see ringmap_ring_stop().
 *
 * @angle: in degrees,
 * may be negative.
 * @ret: where it stands.
 *
 * Threads: any. Returns RINGMAP_OK; RINGMAP_E_INVAL: no, never, not so;
 * RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status ringmap_ring_turn(struct ringmap_ring *ring,
						  int angle, int *ret);

/**
 * ringmap_ring_stop - stop it
 */
RINGMAP_API void ringmap_ring_stop(struct ringmap_ring *ring);
"""


class Generator(unittest.TestCase):
    """Runs the generator on small headers."""

    def test_parts_go_to_their_sections(self):
        page = generator.parse(GOOD)[0]
        self.assertEqual(page.summary, "turn a ring")
        self.assertEqual(
            page.description,
            [
                "As far as @angle says; see ringmap_ring_stop().",
                ("@angle", "in degrees, may be negative."),
                ("@ret", "where it stands."),
            ],
        )
        self.assertEqual(page.threads, ["Any."])
        self.assertEqual(len(page.returns), 1)

    def test_page_has_each_status_once(self):
        pages = generator.parse(GOOD)
        text = generator.render(pages[0], [page.name for page in pages], "1.2.3")
        returns = text[text.index(".SH RETURN VALUE") : text.index(".SH THREADS")]
        self.assertEqual(returns.count(".TP"), 3)
        self.assertIn("No, never, not so.", returns)
        self.assertIn(".BR ringmap_ring_stop (3),", text)
        self.assertNotIn("RINGMAP_API", text)

    def test_version_comes_from_the_enumerators(self):
        self.assertEqual(generator.version(VERSION), "1.2.3")
        with self.assertRaises(generator.BadHeader):
            generator.version("enum { RINGMAP_VERSION_MAJOR = 1 };")

    def test_function_without_comment_is_refused(self):
        bare = "RINGMAP_API int ringmap_bare(void);\n"
        with self.assertRaisesRegex(generator.BadHeader, "ringmap_bare"):
            generator.parse(GOOD + bare)

    def test_comment_of_another_function_is_refused(self):
        renamed = GOOD.replace("ringmap_ring_stop - stop", "ringmap_ring_halt - stop")
        with self.assertRaises(generator.BadHeader):
            generator.parse(renamed)

    def test_comment_without_summary_is_refused(self):
        with self.assertRaises(generator.BadHeader):
            generator.parse(GOOD.replace("ringmap_ring_stop - stop it", "Stops it."))


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("generator", sys.argv.pop(1))
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    unittest.main(verbosity=2)
