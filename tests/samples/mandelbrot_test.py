# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
import unittest

import png
import sample

sample.import_from("mandelbrot")
import picture


class Points(unittest.TestCase):
    def test_of_the_set_are_black(self):
        for c in (0j, -1 + 0j, 0.25 + 0j, 1j, -2 + 0j):
            self.assertEqual(picture.colour(c, 0.001), b"\0\0\0", c)

    def test_escape_when_they_must(self):
        # From 2: 2, 6, 38, 1446 (the fourth number is beyond FAR).
        turns, z, slope = picture.escape(2 + 0j)
        self.assertEqual((turns, z), (3, 1446 + 0j))
        # Derivatives: 1, then 2 * 2 * 1 + 1, 2 * 6 * 5 + 1, 2 * 38 * 61 + 1.
        self.assertEqual(slope, 4637 + 0j)

    def test_have_every_colour_of_the_palette_in_turn(self):
        for place, colour in zip(picture.PLACES, picture.COLOURS):
            smooth = ((place + 1.03) / 0.15) ** 2
            for value, expected in zip(picture.palette(smooth), colour):
                self.assertAlmostEqual(value, expected, places=3)


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def run_here(self, *args):
        return sample.run("mandelbrot", *args, folder=self.folder)

    def paint(self, *args):
        """The size and the rows of the picture that the program writes."""
        done = self.run_here("--out", "a picture.png", *args)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertIn("a picture.png: ", done.stdout)
        with open(os.path.join(self.folder, "a picture.png"), "rb") as file:
            width, height, rows, info = png.Reader(file=file).read()
            self.assertEqual((info["bitdepth"], info["planes"]), (8, 3))
            return (width, height), [bytes(row) for row in rows]

    def test_writes_the_picture_that_its_rows_make(self):
        size, rows = self.paint("--size", "60x44")
        self.assertEqual(size, (60, 44))
        for y in (0, 1, 17, 43):
            self.assertEqual(rows[y], picture.row(y, 60, 44), y)

    def test_the_picture_has_many_colours(self):
        _, rows = self.paint("--size", "60x44")
        pixels = {row[i:i + 3] for row in rows for i in range(0, len(row), 3)}
        self.assertGreater(len(pixels), 1000)

    def test_one_painter_or_five_paint_the_same(self):
        one = self.paint("--size", "24x18", "--workers", "1")
        self.assertEqual(self.paint("--size", "24x18", "--workers", "5"), one)

    def test_one_pixel_is_a_picture(self):
        self.assertEqual(self.paint("--size", "1x1"), ((1, 1), [picture.row(0, 1, 1)]))

    def test_the_name_of_the_picture_has_a_default(self):
        self.assertEqual(self.run_here("--size", "4x3").returncode, 0)
        self.assertEqual(os.listdir(self.folder), ["mandelbrot.png"])

    def test_bad_options_get_one_message_and_exit_code_2(self):
        for args, message in {
            ("--size", "big"): "'big': write 1280x960",
            ("--size", "0x10"): "'0x10': write 1280x960",
            ("--size", "10x"): "'10x': write 1280x960",
            ("--workers", "0"): "--workers must be from 1",
            ("--out", "."): "can't write '.'",
            ("--out", "no/such/folder/x.png"): "can't write 'no/such/folder/x.png'",
        }.items():
            with self.subTest(args=args):
                done = self.run_here(*args)
                self.assertEqual((done.stdout, done.returncode), ("", 2))
                self.assertEqual(done.stderr.count("mandelbrot: error: "), 1)
                self.assertIn(message, done.stderr)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
