# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
import unittest

import png
import sample

sample.import_from("raytracer")
import scene


class Rays(unittest.TestCase):
    def test_meet_the_nearest_ball_at_its_surface(self):
        far, ball = scene.nearest((0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        self.assertIs(ball, scene.BALLS[0])
        self.assertAlmostEqual(far, 3.0)

    def test_that_point_up_see_the_sky(self):
        self.assertEqual(scene.nearest(scene.EYE, (0.0, 1.0, 0.0))[1], None)
        self.assertEqual(scene.seen(scene.EYE, (0.0, 1.0, 0.0)), (0.2, 0.4, 0.8))

    def test_find_a_shadow_beside_a_ball(self):
        floor, up, down = (0.8, 0.8, 0.8), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)
        under = scene.along((0.0, 1.0, 4.0), scene.SUN, -1.0 / scene.SUN[1])
        shade = scene.lit(under, up, down, floor, 0.0, 0)
        light = scene.lit((9.0, 0.0, 0.0), up, down, floor, 0.0, 0)
        self.assertLess(shade[0], light[0] / 2)


class Program(unittest.TestCase):
    def test_writes_the_picture_that_its_rows_make(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        done = sample.run("raytracer", "--width", "40", "--height", "31",
                          "--workers", "3", "--out", "x.png", folder=folder)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        with open(os.path.join(folder, "x.png"), "rb") as file:
            width, height, rows, _ = png.Reader(file=file).read()
            painted = [bytes(row) for row in rows]
        self.assertEqual((width, height), (40, 31))
        self.assertEqual(painted, [scene.row(y, 40, 31) for y in range(31)])

    def test_bad_options_are_refused(self):
        done = sample.run("raytracer", "--width", "0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--width and --height must be from 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
