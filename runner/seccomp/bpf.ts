/** Classic BPF as seccomp runs it (linux/filter.h, linux/seccomp.h): `struct sock_filter` of 8 bytes. */
export interface Instruction {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  k: number;
}

const LD_W_ABS = 0x20;
const ALU_AND_K = 0x54;
const JMP_JEQ_K = 0x15;
const JMP_JGE_K = 0x35;
const RET_K = 0x06;

export const ACTION = { errno: 0x0005_0000, allow: 0x7fff_0000 };

/** Offsets in `struct seccomp_data`; an argument is read as its low 32 bits. */
export const FIELD = { number: 0, arch: 4, argument0: 16 };

export const ARCH = { x64: 0xc000_003e, i386: 0x4000_0003, arm64: 0xc000_00b7, arm: 0x4000_0028 };

export function load(field: number): Instruction {
  return { code: LD_W_ABS, jumpTrue: 0, jumpFalse: 0, k: field };
}

export function and(mask: number): Instruction {
  return { code: ALU_AND_K, jumpTrue: 0, jumpFalse: 0, k: mask };
}

export function give(action: number): Instruction {
  return { code: RET_K, jumpTrue: 0, jumpFalse: 0, k: action };
}

/** Goes on with `body`, at most 255 instructions, where the loaded value is at least `bound`, else behind it. */
export function atLeast(bound: number, body: readonly Instruction[]): Instruction[] {
  return [{ code: JMP_JGE_K, jumpTrue: 0, jumpFalse: body.length, k: bound }, ...body];
}

/** Goes on with `body`, at most 255 instructions, where the loaded value is this one, else behind it. */
export function equals(value: number, body: readonly Instruction[]): Instruction[] {
  return [{ code: JMP_JEQ_K, jumpTrue: 0, jumpFalse: body.length, k: value }, ...body];
}

/** Skips `body`, of any length, unless the loaded value is this one. */
export function unlessEqualSkip(value: number, body: readonly Instruction[]): Instruction[] {
  const jumpAlways = { code: 0x05, jumpTrue: 0, jumpFalse: 0, k: body.length };
  return [{ code: JMP_JEQ_K, jumpTrue: 1, jumpFalse: 0, k: value }, jumpAlways, ...body];
}

export function encode(instructions: readonly Instruction[]): Buffer {
  const out = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, jumpTrue, jumpFalse, k }, index) => {
    out.writeUInt16LE(code, index * 8);
    out.writeUInt8(jumpTrue, index * 8 + 2);
    out.writeUInt8(jumpFalse, index * 8 + 3);
    out.writeUInt32LE(k, index * 8 + 4);
  });
  return out;
}
