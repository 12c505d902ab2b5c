# SPDX-License-Identifier: Apache-2.0
import os
import random
import re
import tempfile
import unittest

import sample

sample.import_from("wordcount")
import words


def wordcount(*args, folder="."):
    return sample.run("wordcount", *args, folder=folder)


class Words(unittest.TestCase):
    def test_are_letters_of_any_script_with_apostrophes_inside(self):
        text = "Don't STOP, don\u2019t! 'quoted' caf\u00e9 \u0434\u0430 a1b x_y 42"
        self.assertEqual(words.split(text, 1), [{
            "don't": 1, "stop": 1, "don\u2019t": 1, "quoted": 1, "caf\u00e9": 1,
            "\u0434\u0430": 1, "a": 1, "b": 1, "x": 1, "y": 1}])

    def test_go_to_the_same_shard_in_every_run(self):
        # CRC-32 of "123456789" is known: cbf43926.
        self.assertEqual(words.shard("123456789", 1 << 32), 0xCBF43926)

    def test_go_to_one_shard_each(self):
        text = "the quick brown fox jumps over the lazy dog " * 3
        parts = words.split(text, 5)
        self.assertEqual(len(parts), 5)
        self.assertEqual(sum(len(part) for part in parts), 8)
        self.assertEqual(sum(sum(part.values()) for part in parts), 27)

    def test_are_never_cut_at_the_end_of_a_chunk(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write("elephant " * 20_000 + "\n" + "whale\n" * 40_000)
            file.flush()
            chunks = list(words.chunks(file.name))
        self.assertGreater(len(chunks), 2)
        counts = [words.split(chunk, 1)[0] for chunk in chunks]
        self.assertEqual(set().union(*counts), {"elephant", "whale"})
        self.assertEqual(sum(count.get("whale", 0) for count in counts), 40_000)


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)
        return name

    def table(self, *args):
        """The rows that the program prints, and its last line."""
        done = wordcount(*args, folder=self.folder)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        *rows, _, totals = done.stdout.splitlines()
        pairs = (row.split() for row in rows)
        return [(word, int(times.replace(",", ""))) for times, word in pairs], totals

    def test_counts_words_over_all_files_whatever_the_number_of_shards(self):
        names = [
            self.write("one.txt", b"The cat saw the dog.\nThe dog ran\n"),
            self.write("two.txt", b"a dog\r\nand THE cat"),
            self.write("empty.txt", b""),
        ]
        for shards in ("1", "2", "7"):
            rows, totals = self.table("--shards", shards, "--top", "4", *names)
            self.assertEqual(rows, [("the", 4), ("dog", 3), ("cat", 2), ("a", 1)])
            self.assertIn("13 words, 7 different ones, in 3 files", totals)

    def test_counts_a_long_text_to_the_last_word(self):
        seed = 20_241
        names, times = zoo(random.Random(seed), self.write)
        rows, totals = self.table("--top", "100", "--shards", "3", *names)
        self.assertEqual(dict(rows), times, f"seed {seed}")
        self.assertEqual([count for _, count in rows],
                         sorted(times.values(), reverse=True))
        self.assertIn(f"{sum(times.values()):,} words", totals)

    def test_bytes_that_are_no_text_separate_words(self):
        name = self.write("binary", b"one\xff\xfetwo\0one")
        self.assertEqual(self.table(name)[0], [("one", 2), ("two", 1)])

    def test_text_without_words_has_none(self):
        rows, totals = self.table(self.write("numbers.txt", b"1 2 3\n"))
        self.assertEqual(rows, [])
        self.assertIn("0 words", totals)

    def test_standard_library_is_the_default(self):
        rows, totals = self.table("--top", "30")
        self.assertEqual(len(rows), 30)
        self.assertGreater(dict(rows)["self"], 10_000)
        self.assertRegex(totals, r"^[\d,]{7,} words")

    def test_bad_options_get_one_message_and_exit_code_2(self):
        for args, message in {
            ("nothing.txt",): "no file 'nothing.txt'",
            (".",): "no file '.'",
            ("--shards", "0"): "--shards must be from 1",
            ("--top", "-1"): "--top must not be negative",
        }.items():
            with self.subTest(args=args):
                done = wordcount(*args, folder=self.folder)
                self.assertEqual((done.stdout, done.returncode), ("", 2))
                self.assertEqual(done.stderr.count("wordcount: error: "), 1)
                self.assertIn(message, done.stderr)


def zoo(chance, write):
    """Three files of many chunks each, and how often they have which word."""
    animals = re.findall(r"\w+", "ant bee cat dog eel fox gnu hen ibex jay koala lynx")
    names, times = [], dict.fromkeys(animals, 0)
    for n in range(3):
        herd = chance.choices(animals, weights=range(1, 13), k=80_000)
        for animal in herd:
            times[animal] += 1
        separators = chance.choices([" ", "\n", ", "], k=len(herd))
        text = "".join(word + mark for word, mark in zip(herd, separators))
        names.append(write(f"zoo {n}.txt", text.encode()))
    return names, times


if __name__ == "__main__":
    unittest.main()
