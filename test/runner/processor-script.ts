/**
 * Prints, for the processor that `process.arch` is defined as, a line of JSON with the launcher and programs for it in
 * base64: {"launcher", "names", "numbers", "life", "failing", "filter"}. What the programs do stands in processor.test.ts.
 */

import { seccompFilter } from '../../runner/seccomp/profile.ts';
import { SIGNAL } from '../../runner/setup/flags.ts';
import { IMAGE } from '../../runner/syscall/launcher.ts';
import { type CallName, SYS } from '../../runner/syscall/numbers.ts';
import { type Address, at, Program } from '../../runner/syscall/program.ts';

const FDCWD = -100;
/** Those that end the program, or make another. */
const EXCLUDED: readonly CallName[] = ['exit', 'clone'];
const names = (Object.keys(SYS) as CallName[]).filter((name) => !EXCLUDED.includes(name));

/** Every call with arguments that nothing accepts. */
function numbers(): Program {
  const program = new Program();
  const results = program.reserve(names.length * 8);
  const wrong = [-1, -1, -1, -1, -1, -1];
  names.forEach((name, index) => {
    program.call(SYS[name], wrong, { store: (results + index * 8) as Address, failed: 'next' });
  });
  program.call(SYS.write, [4, results, names.length * 8]);
  program.call(SYS.exit, [0]);
  return program;
}

/** Processes, values of earlier calls as arguments, jumps, an error that is expected; then another program. */
function life(): Program {
  const program = new Program();
  const [status, pid, ends, file] = [program.words([0]), program.reserve(8), program.reserve(8), program.reserve(8)];
  const [parent, wrong, absent] = [program.label(), program.label(), program.label()];
  const word = program.words([0x2a]);
  const read = program.reserve(8);
  program.call(SYS.clone, [SIGNAL.chld], { store: pid, positive: parent });
  program.call(SYS.exit, [7]);
  program.place(parent);
  program.call(SYS.wait4, [at(pid), status, 0, 0]);
  program.jumpIfDifferent(at(status), 7 << 8, wrong);
  program.call(SYS.pipe2, [ends, 0]);
  program.call(SYS.write, [at((ends + 4) as Address), word, 8]);
  program.call(SYS.read, [at(ends), read, 8]);
  program.jumpIfDifferent(at(read), 0x2a, wrong);
  program.call(SYS.mkdirat, [FDCWD, program.string('made'), 0o750]);
  program.call(SYS.symlinkat, [program.string('made'), FDCWD, program.string('link')]);
  program.call(SYS.mknodat, [FDCWD, program.string('made/file'), 0o100640, 0]);
  const path = program.string('no such file');
  program.call(SYS.openat, [FDCWD, path, 0, 0], { store: file, failed: absent, expected: 'ENOENT' });
  program.place(wrong);
  program.call(SYS.exit, [9]);
  program.place(absent);
  const argv = program.strings(['sh', '-c', 'echo executed $(ls made)']);
  program.call(SYS.execve, [program.string('/bin/sh'), argv, program.strings(['PATH=/bin:/usr/bin'])]);
  return program;
}

/** An error that nothing expects. */
function failing(): Program {
  const program = new Program();
  program.call(SYS.chdir, [program.string('/no such directory')], {
    what: 'chdir',
    expected: 'EACCES',
    failed: 'next',
  });
  return program;
}

const encoded = (data: Buffer): string => data.toString('base64');
console.log(
  JSON.stringify({
    launcher: encoded(IMAGE),
    names,
    numbers: encoded(numbers().build()),
    life: encoded(life().build()),
    failing: encoded(failing().build()),
    filter: encoded(seccompFilter()),
  }),
);
