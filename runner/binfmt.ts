import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../src/base/error.ts';

/** Where the kernel shows and takes which interpreter runs which kind of program (Documentation/admin-guide/binfmt-misc.rst). */
const BINFMT_MISC = '/proc/sys/fs/binfmt_misc';

/** An emulator that the kernel starts for programs of another processor. */
interface Emulator {
  /** Go's GOARCH. */
  architecture: string;
  interpreter: string;
  /**
   * The kernel has opened the interpreter (flag F), so it is found in every container; without, it would have to be in
   * the container's own root filesystem.
   */
  fixed: boolean;
}

/** e_machine, class (1 is 32 bits, 2 is 64) and byte order (1 little, 2 big) of an ELF file, and Go's name. */
const MACHINES: Readonly<Record<string, string>> = {
  '3/1/1': '386',
  '8/1/1': 'mipsle',
  '8/1/2': 'mips',
  '8/2/1': 'mips64le',
  '8/2/2': 'mips64',
  '21/2/1': 'ppc64le',
  '21/2/2': 'ppc64',
  '22/2/2': 's390x',
  '40/1/1': 'arm',
  '62/2/1': 'amd64',
  '183/2/1': 'arm64',
  '243/2/1': 'riscv64',
  '258/2/1': 'loong64',
};

/** The emulators that are registered and enabled; none where the kernel has no binfmt_misc, or it is not mounted. */
export function emulators(directory = BINFMT_MISC): Emulator[] {
  return readNames(directory)
    .filter((name) => name !== 'register' && name !== 'status')
    .flatMap((name) => parseEntry(readFileSync(join(directory, name), 'latin1')) ?? []);
}

function readNames(directory: string): string[] {
  try {
    if (readFileSync(join(directory, 'status'), 'latin1').trim() !== 'enabled') return [];
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  }
}

/** What the kernel shows of one entry; undefined for a disabled one, and for programs that are no ELF files. */
function parseEntry(text: string): Emulator | undefined {
  const [state, ...lines] = text.split('\n');
  const fields = new Map(lines.map((line) => line.split(/:? /, 2) as [string, string]));
  const interpreter = fields.get('interpreter');
  const architecture = architectureOf(fields);
  if (state !== 'enabled' || interpreter === undefined || architecture === undefined) return undefined;
  return { architecture, interpreter, fixed: fields.get('flags')?.includes('F') === true };
}

const ELF = '7f454c46';
const CLASS_AT = 4;
const ORDER_AT = 5;
const MACHINE_AT = 18;

/** Which processor's programs an entry is for, by the ELF header that it matches. */
function architectureOf(fields: ReadonlyMap<string, string>): string | undefined {
  const magic = fields.get('magic') ?? '';
  if (!magic.startsWith(ELF) || fields.get('offset') !== '0') return undefined;
  const header = Buffer.from(magic, 'hex');
  if (header.length < MACHINE_AT + 2) return undefined;
  const order = header[ORDER_AT];
  const machine = order === 2 ? header.readUInt16BE(MACHINE_AT) : header.readUInt16LE(MACHINE_AT);
  return MACHINES[`${machine}/${header[CLASS_AT]}/${order}`];
}
