import { mkdirSync, rmSync } from 'node:fs';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import type { TestEntry } from '../support/image.ts';

/** What a build finds. */
export interface Given {
  /** A shell script (`sh -e`, umask 022) that makes the build context. */
  files?: string | undefined;
  /** Images by name, each of one layer. */
  images?: Readonly<Record<string, readonly TestEntry[]>> | undefined;
  /** Whether there is an image `busybox`, for RUN. */
  busybox?: boolean | undefined;
}

/** One row of a table of traps: a build, and what it gives. */
export interface TrapRow extends Given {
  /** `23: a directory brings its content`. The test is called `trap 23: …`. */
  trap: string;
  dockerfile: string;
  /** The lines of the result's tree (TestBuilder) that `FROM` the first image alone has not, or the error's beginning. */
  gives: readonly string[] | RegExp;
}

/** A store and a context of its own for `work`. */
export function withBuild(given: Given, work: (builder: TestBuilder) => Promise<void>): Promise<void> {
  return TestBuilder.with(async (builder) => {
    for (const [name, entries] of Object.entries(given.images ?? {})) await builder.addImage(name, [entries]);
    if (given.busybox === true) await builder.addBusybox();
    if (given.files !== undefined) builder.shell(given.files);
    await work(builder);
  });
}

/** A test for each row. They share a store, so that the images are made once, and have a context each. */
export function testTraps(
  test: Test,
  images: NonNullable<Given['images']>,
  rows: readonly Omit<TrapRow, 'images'>[],
): void {
  let builder: TestBuilder;
  test.before(async () => {
    builder = new TestBuilder();
    for (const [name, entries] of Object.entries(images)) await builder.addImage(name, [entries]);
  });
  test.after(() => rmSync(builder.directory, { recursive: true, force: true }));
  for (const row of rows) {
    test(/^\d/.test(row.trap) ? `trap ${row.trap}` : row.trap, async () => {
      rmSync(builder.context, { recursive: true });
      mkdirSync(builder.context);
      builder.shell(row.files ?? ':');
      await compare(builder, { ...row, images });
    });
  }
}

/** Builds a row and compares. */
export function checkTrap(row: TrapRow): Promise<void> {
  return withBuild(row, (builder) => compare(builder, row));
}

async function compare(builder: TestBuilder, row: TrapRow): Promise<void> {
  if (row.gives instanceof RegExp) {
    assert.match(await builder.failure(row.dockerfile), row.gives);
    return;
  }
  const [base] = row.busybox === true ? ['busybox'] : Object.keys(row.images ?? {});
  const before = new Set(base === undefined ? [] : (await builder.build(`FROM ${base}`)).lines);
  const { lines } = await builder.build(row.dockerfile);
  assert.equal(
    lines.filter((line) => !before.has(line)),
    row.gives,
  );
}
