import { constants } from 'node:os';
import {
  ACTION,
  ARCH,
  and,
  atLeast,
  encode,
  equals,
  FIELD,
  give,
  type Instruction,
  load,
  unlessEqualSkip,
} from './bpf.ts';
import { ALLOWED_CALLS, type AllowedCall } from './calls.ts';

const EPERM = ACTION.errno | constants.errno.EPERM;
const ENOSYS = ACTION.errno | constants.errno.ENOSYS;
const SUCCESS = ACTION.errno;

/** The newest call the profile knows (removexattrat, Linux 6.13). A program takes ENOSYS of a later one as "too old". */
const NEWEST_CALL = 466;
/** Numbers with this bit are calls of the x32 ABI, which hardly a kernel has. */
const X32_BIT = 0x4000_0000;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
export const NAMESPACE_FLAGS = 0x7e02_0000;
/** PER_LINUX, PER_LINUX32, UNAME26, both, and the query. */
export const PERSONALITIES = [0, 0x0008, 0x2_0000, 0x2_0008, 0xffff_ffff];
/** Address families that the profile allows: not those that kernels dropped, nor AF_ALG (38) and AF_VSOCK (40). */
export const FIRST_FAMILIES_END = 12;
export const LATER_FAMILIES = [
  13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45,
];

/** What is decided by the first argument; the kernel reads it as 32 bits, and so does the filter. */
const RULES: Record<string, readonly Instruction[]> = {
  clone: [load(FIELD.argument0), and(NAMESPACE_FLAGS), ...equals(0, [give(ACTION.allow)]), give(EPERM)],
  // Its flags are behind a pointer; C libraries fall back to clone on ENOSYS.
  clone3: [give(ENOSYS)],
  personality: [load(FIELD.argument0), ...anyOf(PERSONALITIES), give(EPERM)],
  socket: [
    load(FIELD.argument0),
    ...anyOf(LATER_FAMILIES),
    ...atLeast(FIRST_FAMILIES_END, [give(EPERM)]),
    give(ACTION.allow),
  ],
};

/** Calls that change an owner, which a user namespace with a single id cannot do. */
export const OWNERSHIP = /^([fl]?chown|fchownat|set(fs|re|res)?[ug]id|setgroups)(32)?$/;

export interface FilterOptions {
  /** Answers every change of owner or user with success, so that package managers work with a single id. */
  fakeOwnership?: boolean;
}

/** The calls of a processor, and those of its 32-bit programs, which the same kernel offers. */
type Architecture = 'x64' | 'i386' | 'arm64' | 'arm';

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, readonly Architecture[]>>> = {
  x64: ['x64', 'i386'],
  arm64: ['arm64', 'arm'],
};

/**
 * Docker's default profile as a seccomp filter for a processor, with the calls of its 32-bit programs. A known call
 * outside the profile is EPERM; a call newer than it, one of x32 or of another architecture is ENOSYS.
 */
export function seccompFilter(options: FilterOptions = {}, processor: NodeJS.Architecture = process.arch): Buffer {
  const architectures = ARCHITECTURES[processor] ?? [];
  return encode([
    load(FIELD.arch),
    ...architectures.flatMap((arch) =>
      unlessEqualSkip(ARCH[arch], [load(FIELD.number), ...outOfLine(arch), ...decide(arch, options)]),
    ),
    give(ENOSYS),
  ]);
}

/** Numbers that stand apart from all others. */
function outOfLine(arch: Architecture): Instruction[] {
  if (arch === 'x64') return atLeast(X32_BIT, [give(ENOSYS)]);
  if (arch !== 'arm') return [];
  const apart = ALLOWED_CALLS.flatMap(({ arm = 0 }) => (arm > NEWEST_CALL ? [arm] : []));
  return anyOf(apart);
}

/** From the highest number down: each step decides for a run of numbers that share a rule. */
function decide(arch: Architecture, options: FilterOptions): Instruction[] {
  const rules = new Map<number, readonly Instruction[]>();
  for (const call of ALLOWED_CALLS) {
    const number = call[arch];
    if (number !== undefined && number <= NEWEST_CALL) rules.set(number, ruleOf(call, options));
  }
  const denied = [give(EPERM)];
  const out = atLeast(NEWEST_CALL + 1, [give(ENOSYS)]);
  for (let end = NEWEST_CALL; end >= 0; ) {
    const rule = rules.get(end) ?? denied;
    let start = end;
    while (start > 0 && sameRule(rules.get(start - 1) ?? denied, rule)) start -= 1;
    out.push(...atLeast(start, rule));
    end = start - 1;
  }
  return out;
}

function ruleOf(call: AllowedCall, options: FilterOptions): readonly Instruction[] {
  if (options.fakeOwnership && OWNERSHIP.test(call.name)) return [give(SUCCESS)];
  return RULES[call.name] ?? [give(ACTION.allow)];
}

function sameRule(a: readonly Instruction[], b: readonly Instruction[]): boolean {
  return a === b || (a.length === 1 && b.length === 1 && a[0]?.k === b[0]?.k);
}

function anyOf(values: readonly number[]): Instruction[] {
  return values.flatMap((value) => equals(value, [give(ACTION.allow)]));
}
