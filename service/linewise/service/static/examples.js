"use strict";

// Each shows another state that text can be in. `context` and `language` are set along with the text.
window.LINEWISE_EXAMPLES = [
  {
    title: "Python: a whole file",
    context: "file",
    text: `"""Collects the sizes of queued items."""

import logging
from pathlib import Path

LIMIT = 100  # items


class Collector:
    """Counts what passes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.total = 0

    @property
    def full(self) -> bool:
        return self.total >= LIMIT

    def collect(self, queue):
        for item in queue:
            if item is None:
                break
            try:
                self.total += item.size()
            except OSError as error:
                logging.warning("skipped: %s", error)
        return self.total
`,
  },
  {
    title: "C: a hunk that starts inside a comment",
    context: "fragment",
    text: ` * the lock must be held by the caller, and
 * for (;;) loops over the ring are fine here.
 */
static int ring_push(struct ring *r, int value)
{
\tif (r->used == r->size)
\t\treturn -1;

\tr->slots[r->head] = value;
\tr->head = (r->head + 1) % r->size;
\tr->used++;
`,
  },
  {
    title: "Go: while it is being typed",
    context: "file",
    text: `package queue

import "fmt"

type Item struct {
	Name string
	Size int
}

// Drain empties the queue.
func Drain(items <-chan Item) (total int) {
	for item := range items {
		if item.Size == 0 {
			continue
		}
		total += item.Size
		fmt.Printf("%s: %d\\n", item.Name, item.
`,
  },
  {
    title: "JavaScript: callbacks and templates",
    context: "file",
    text: `import { readFile } from "node:fs/promises";

const cache = new Map();

/** Reads a page once. */
export async function page(name) {
  if (!cache.has(name)) {
    const text = await readFile(name, "utf8");
    cache.set(name, text.split("\\n").map((line) => line.trim()));
  }
  return \`
    <main>
      \${cache.get(name).join("<br>")}
    </main>
  \`;
}
`,
  },
  {
    title: "Rust: an impl with a match",
    context: "file",
    text: `use std::fmt;

#[derive(Debug, Clone)]
pub enum Shape {
    Circle(f64),
    Square { side: f64 },
}

impl Shape {
    /// The area, in square units.
    pub fn area(&self) -> f64 {
        match self {
            Shape::Circle(radius) => radius * radius * 3.14159,
            Shape::Square { side } => side * side,
        }
    }
}

fn main() {
    let shapes = vec![Shape::Circle(1.0), Shape::Square { side: 2.0 }];
    while let Some(shape) = shapes.iter().next() {
        println!("{}", shape.area());
    }
}
`,
  },
  {
    title: "Julia: a language that was never learned",
    context: "file",
    text: `module Rings

using LinearAlgebra

# A ring of numbers.
mutable struct Ring
    slots::Vector{Int}
    head::Int
end

function total(ring::Ring)
    sum = 0
    for value in ring.slots
        if value < 0
            continue
        end
        sum += value
    end
    return sum
end

end
`,
  },
  {
    title: "No code: a stack trace in a mail",
    context: "unknown",
    text: `Hi all,

since the upgrade the nightly job fails with

Traceback (most recent call last):
  File "/srv/app/job.py", line 41, in <module>
    main()
  File "/srv/app/job.py", line 12, in main
    total = collect(queue)
TypeError: 'NoneType' object is not iterable

Does anyone else see this?
`,
  },
];
