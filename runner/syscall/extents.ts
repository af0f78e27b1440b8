import { constants } from 'node:fs';
import type { BytePath } from '../../src/base/bytepath.ts';
import { newProgram } from './batch.ts';
import { SYS } from './numbers.ts';
import { type Address, at } from './program.ts';
import { runProgram } from './run.ts';

const AT_FDCWD = -100;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const WORD = 8;

/** A part of a file that holds data, in bytes: `start` belongs to it, `end` does not. */
interface Extent {
  start: number;
  end: number;
}

/**
 * The parts of a file that hold data, in order; between and behind them are holes (lseek(2), SEEK_DATA). A file system
 * that knows no holes says that all is data. Does not follow a link in the last place.
 */
export async function dataExtents(path: BytePath): Promise<Extent[]> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const program = newProgram();
  const fd = program.reserve(WORD);
  const extent = program.reserve(2 * WORD);
  const end = (extent + WORD) as Address;
  const [next, done] = [program.label(), program.label()];
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  program.call(SYS.openat, [AT_FDCWD, program.string(path), flags], { store: fd, what: `open ${path}` });
  program.place(next);
  program.call(SYS.lseek, [at(fd), at(end), SEEK_DATA], { store: extent, failed: done, expected: 'ENXIO' });
  program.call(SYS.lseek, [at(fd), at(extent), SEEK_HOLE], { store: end, what: `find holes in ${path}` });
  program.call(SYS.write, [4, extent, 2 * WORD], { what: 'write an extent' });
  program.jump(next);
  program.place(done);
  program.call(SYS.exit, [0]);
  const data = await runProgram(program);
  return Array.from({ length: data.length / (2 * WORD) }, (_, index) => ({
    start: Number(data.readBigInt64LE(index * 2 * WORD)),
    end: Number(data.readBigInt64LE(index * 2 * WORD + WORD)),
  }));
}
