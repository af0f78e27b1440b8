import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newBuildId } from '../../src/journal/build-id.ts';
import { BuildJournals } from '../../src/journal/builds.ts';
import type { BuildSummary } from '../../src/journal/types.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { openStore } from '../../src/store/open.ts';

const MIB = 1024 * 1024;
const test = suite('the journals of builds');

let directory: string;
let journals: BuildJournals;
test.before.each(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-journal-'));
  journals = new BuildJournals((await openStore(directory)).layout);
});
test.after.each(() => rmSync(directory, { recursive: true }));

function summaryOf(id: string): BuildSummary {
  return { id, started: 0, completed: 1, outcome: 'done', targets: [], images: [], steps: [] };
}

/** A build that began at a time and whose steps said so many bytes each. */
function write(time: number, sizes: readonly number[]): { id: string; size: number } {
  const id = newBuildId(time);
  const writer = new JournalWriter(journals.directory(id));
  for (const [step, size] of sizes.entries()) {
    for (let left = size; left > 0; left -= MIB) {
      const data = Buffer.alloc(Math.min(left, MIB), 0xe9);
      writer.write({ type: 'log', vertex: `step-${step}`, time, stream: 1, data });
    }
  }
  writer.close(summaryOf(id));
  return { id, size: writer.size };
}

function logsIn(id: string): string[] {
  return journals.events(id).flatMap((event) => (event.type === 'log' ? [event.data] : []));
}

test('of a step two MiB of output are kept, and it is said that there was more', () => {
  const { id, size } = write(0, [5 * MIB, 3]);
  assert.is(size, 2 * MIB + 3);
  const said = logsIn(id).join('');
  assert.match(said, /\[output clipped: what follows is not kept\]\n\xe9{3}$/);
  assert.is([...said.matchAll(/clipped/g)].length, 1);
});

test('of a build sixteen MiB are kept', () => {
  const { size } = write(
    0,
    Array.from({ length: 12 }, () => 2 * MIB),
  );
  assert.is(size, 16 * MIB);
});

test('of builds the last hundred are kept', () => {
  const ids = Array.from({ length: 103 }, (_, index) => write(index * 1000, []).id);
  journals.trim({ sizes: false });
  assert.equal(journals.ids(), ids.slice(3).reverse());
});

test('a journal that a crash has cut off says what it can', () => {
  const { id } = write(1000, [3]);
  appendFileSync(join(journals.directory(id), 'events.jsonl'), '{"type":"log","vert');
  writeFileSync(join(journals.directory(id), 'build.json'), '{"id"');
  assert.equal(logsIn(id), ['\xe9\xe9\xe9']);
  assert.is(journals.summary(id).outcome, 'interrupted');
  assert.is(journals.summary(id).started, 1000);
});

test.run();
