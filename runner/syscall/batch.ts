import { type ErrnoName, errnoName } from './errno.ts';
import { SYS } from './numbers.ts';
import { type Address, AREA_SIZE, at, Program } from './program.ts';
import { runProgram } from './run.ts';

/** The result of one item: the error the kernel gave, or undefined where it succeeded. */
export type Outcome = ErrnoName | undefined;

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const WORD = 8;
/** What an item may need in the area beside its own data: its entries and its result. */
const ITEM_OVERHEAD = 512;
/** A larger program does not get faster, and a smaller one keeps little memory. */
const TARGET_SIZE = AREA_SIZE / 2;

/** A program that dies with us. */
export function newProgram(): Program {
  const program = new Program();
  program.call(SYS.prctl, [PR_SET_PDEATHSIG, SIGKILL], { what: 'prctl PDEATHSIG' });
  return program;
}

/**
 * One system call for each item, in order, whether earlier ones failed or not.
 * @param sizeOf bytes of data that `add` puts for an item
 * @param add adds exactly one call that stores its result at `result` and goes on where it fails
 */
export async function callForEach<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  add: (program: Program, item: Item, result: Address) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const chunk of chunksOf(items, sizeOf)) {
    const program = newProgram();
    program.call(SYS.umask, [0]);
    const results = program.reserve(chunk.length * WORD);
    chunk.forEach((item, index) => {
      add(program, item, (results + index * WORD) as Address);
    });
    finish(program, results, chunk.length);
    outcomes.push(...parseResults(await runProgram(program)).map(outcomeOf));
  }
  return outcomes;
}

/**
 * One system call for each item that fills a buffer and returns its length (attribute lists and values).
 * Returns the bytes of each item, or its errno as a positive number.
 * @param add adds exactly one call that reads into `buffer`, with the given options
 */
export async function readForEach<Item>(
  items: readonly Item[],
  bufferSize: number,
  sizeOf: (item: Item) => number,
  add: (program: Program, item: Item, buffer: Address, options: { store: Address; failed: 'next' }) => void,
): Promise<(Buffer | number)[]> {
  const read: (Buffer | number)[] = [];
  for (const chunk of chunksOf(items, sizeOf)) {
    const program = newProgram();
    const buffer = program.reserve(bufferSize);
    const results = program.reserve(chunk.length * WORD);
    chunk.forEach((item, index) => {
      const store = (results + index * WORD) as Address;
      add(program, item, buffer, { store, failed: 'next' });
      // An error is a negative length here: EFAULT or EINVAL, and nothing is written.
      program.call(SYS.write, [4, buffer, at(store)], { failed: 'next' });
    });
    finish(program, results, chunk.length);
    read.push(...parseReads(await runProgram(program), chunk.length));
  }
  return read;
}

function finish(program: Program, results: Address, count: number): void {
  program.call(SYS.write, [4, results, count * WORD], { what: 'write the results' });
  program.call(SYS.exit, [0]);
}

function* chunksOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Generator<Item[]> {
  let chunk: Item[] = [];
  let size = 0;
  for (const item of items) {
    const itemSize = sizeOf(item) + ITEM_OVERHEAD;
    if (chunk.length > 0 && size + itemSize > TARGET_SIZE) {
      yield chunk;
      chunk = [];
      size = 0;
    }
    chunk.push(item);
    size += itemSize;
  }
  if (chunk.length > 0) yield chunk;
}

function parseResults(data: Buffer): number[] {
  return Array.from({ length: data.length / WORD }, (_, index) => Number(data.readBigInt64LE(index * WORD)));
}

const NOTHING = Buffer.alloc(0);

function parseReads(data: Buffer, count: number): (Buffer | number)[] {
  const results = parseResults(data.subarray(data.length - count * WORD));
  let offset = 0;
  return results.map((result) => {
    if (result <= 0) return result < 0 ? -result : NOTHING;
    offset += result;
    return data.subarray(offset - result, offset);
  });
}

function outcomeOf(result: number): Outcome {
  return result < 0 ? errnoName(-result) : undefined;
}
