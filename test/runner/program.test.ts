import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SYS } from '../../runner/syscall/numbers.ts';
import { type Address, AREA, AREA_SIZE, at, Program } from '../../runner/syscall/program.ts';
import { runProgram } from '../../runner/syscall/run.ts';

const programs = suite('programs of system calls');

/** Ends by writing these words. */
function answer(program: Program, address: Address, count: number): void {
  program.call(SYS.write, [4, address, count * 8]);
  program.call(SYS.exit, [0]);
}

async function words(program: Program): Promise<bigint[]> {
  const data = await runProgram(program);
  return Array.from({ length: data.length / 8 }, (_, index) => data.readBigInt64LE(index * 8));
}

programs('a result is stored and used by a later call', async () => {
  const program = new Program();
  const slots = program.reserve(16);
  program.call(SYS.getppid, [], { store: slots });
  program.call(SYS.fcntl, [4, 0, 100], { store: (slots + 8) as Address });
  program.call(SYS.close, [at((slots + 8) as Address)], { what: 'close' });
  answer(program, slots, 2);
  assert.equal(await words(program), [BigInt(process.pid), 100n]);
});

programs('values are compared, and equal ones go on with the next entry', async () => {
  for (const [a, b, expected] of [
    [1, 1, 0n],
    [1, 2, 7n],
    [-2, -2, 0n],
    [-2, 0xffff_fffe, 7n],
  ] as const) {
    const program = new Program();
    const differ = program.label();
    const slots = program.words([0, 7]);
    program.jumpIfDifferent(a, b, differ);
    answer(program, slots, 1);
    program.place(differ);
    answer(program, (slots + 8) as Address, 1);
    assert.equal(await words(program), [expected]);
  }
});

programs('a failing call goes where it says: next, a label', async () => {
  const program = new Program();
  const slots = program.reserve(16);
  const label = program.label();
  program.call(SYS.close, [999], { store: slots, failed: 'next' });
  program.call(SYS.close, [999], { store: (slots + 8) as Address, failed: label });
  program.call(SYS.exit, [3]);
  program.place(label);
  answer(program, slots, 2);
  assert.equal(await words(program), [-9n, -9n]);
});

programs('an expected error goes on, another one is reported with what was done', async () => {
  const program = new Program();
  program.call(SYS.close, [999], { what: 'close', failed: 'next', expected: 'EBADF' });
  program.call(SYS.chdir, [program.string('/nowhere/at/all')], { what: 'go there', failed: 'next', expected: 'EBADF' });
  program.call(SYS.exit, [0]);
  try {
    await runProgram(program);
    assert.unreachable();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    assert.is(code, 'ENOENT');
    assert.is(message, 'go there: ENOENT (no such file or directory)');
  }
});

programs('a child goes on behind the fork, the parent at its label', async () => {
  const program = new Program();
  const parent = program.label();
  const status = program.reserve(8);
  program.call(SYS.clone, [17], { positive: parent });
  program.call(SYS.exit, [5]);
  program.place(parent);
  program.call(SYS.wait4, [-1, status, 0, 0], { what: 'wait' });
  answer(program, status, 1);
  assert.equal(await words(program), [5n << 8n]);
});

programs('strings are NUL-terminated bytes, kept once', async () => {
  const program = new Program();
  const text = program.string('h\xc3\xa9');
  assert.is(program.string('h\xc3\xa9'), text);
  program.call(SYS.write, [4, text, 4]);
  program.call(SYS.exit, [0]);
  assert.is((await runProgram(program)).toString('hex'), '68c3a900');
});

programs('reserved memory is zero and lies in the area', async () => {
  const program = new Program();
  const memory = program.reserve(12);
  assert.is(memory, AREA + AREA_SIZE - 16);
  answer(program, memory, 2);
  assert.equal(await words(program), [0n, 0n]);
});

programs('a program that does not fit is refused before it runs', () => {
  const program = new Program();
  program.bytes(Buffer.alloc(AREA_SIZE / 2));
  assert.throws(() => program.reserve(AREA_SIZE / 2), /a program of more than/);
});

programs('a NUL in a string is refused: the kernel would see a shorter name', () => {
  assert.throws(() => new Program().string('/etc\0/passwd'), /NUL character/);
});

programs('a jump to nowhere is refused', () => {
  const program = new Program();
  program.jump(program.label());
  assert.throws(() => program.build(), /never placed/);
});

programs('the launcher runs without environment, and a cancelled one is killed', async () => {
  const program = new Program();
  program.call(SYS.ppoll, [0, 0, 0, 0]);
  const controller = new AbortController();
  const run = runProgram(program, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  try {
    await run;
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'CANCELLED');
  }
});

programs.run();
