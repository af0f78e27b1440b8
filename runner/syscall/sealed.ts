import { IMAGE } from './launcher.ts';
import { SYS } from './numbers.ts';
import { type Address, at, CODE, Program } from './program.ts';

/** The size of the report of a failed entry, and of every message of a sandbox: two 64-bit words. */
export const MESSAGE_SIZE = 16;

const MFD = { cloexec: 1, allowSealing: 2, exec: 0x10 };
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, SHRINK, GROW and WRITE: nothing of the file changes any more, and neither does this. */
const EVERY_SEAL = 0xf;
const AT_EMPTY_PATH = 0x1000;

/** The tag of the message that says why a launcher could not go on from sealed memory; its value is the negative errno. */
export const NOT_SEALED = 11;
export const SEALING = 'run the launcher from sealed memory';

let input: Buffer | undefined;

/**
 * The input that makes a launcher execute a copy of itself, which then reads its program from descriptor 3 as the
 * first one would have. The copy is a file in memory that is nowhere on a disk, belongs to this start alone and can be
 * written by nobody: what a container finds under the /proc/PID/exe of a process of ours, and could keep open until
 * that has ended, is nothing that runs again (the way out of CVE-2019-5736).
 */
export function sealedStart(): Buffer {
  input ??= sealingProgram().build();
  return input;
}

function sealingProgram(): Program {
  const program = new Program();
  const [made, notMade, failed] = [program.label(), program.label(), program.label()];
  const [ofFile, ofRest] = [program.words([NOT_SEALED, 0]), program.words([NOT_SEALED, 0])];
  const [fd, result] = [(ofFile + 8) as Address, (ofRest + 8) as Address];
  const name = program.string('launcher');
  const flags = MFD.cloexec | MFD.allowSealing;
  // EINVAL: before Linux 6.3 there is no such flag, and every such file can be executed.
  program.call(SYS.memfd_create, [name, flags | MFD.exec], { store: fd, failed: 'next', positive: made });
  program.call(SYS.memfd_create, [name, flags], { store: fd, failed: notMade });
  program.place(made);
  const onFailure = { store: result, failed };
  program.call(SYS.write, [at(fd), CODE, IMAGE.length], onFailure);
  program.call(SYS.fcntl, [at(fd), F_ADD_SEALS, EVERY_SEAL], onFailure);
  const vectors = [program.strings(['launcher']), program.strings([])];
  program.call(SYS.execveat, [at(fd), program.string(''), ...vectors, AT_EMPTY_PATH], onFailure);
  program.place(notMade);
  report(program, ofFile);
  program.place(failed);
  report(program, ofRest);
  return program;
}

function report(program: Program, message: Address): void {
  program.call(SYS.write, [4, message, MESSAGE_SIZE]);
  program.call(SYS.exit, [1]);
}
