import { constants } from 'node:os';
import { ALLOWED_CALLS } from '../seccomp/calls.ts';
import { FIRST_FAMILIES_END, LATER_FAMILIES, NAMESPACE_FLAGS, OWNERSHIP, PERSONALITIES } from '../seccomp/profile.ts';

interface Rule {
  names: readonly string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  errnoRet?: number;
  args?: readonly { index: number; value: number; valueTwo?: number; op: string }[];
}

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** The profile of `seccomp/profile.ts` as an OCI runtime takes it, by the names of the calls (runtime-spec, config-linux.md). */
export function ociSeccomp({ fakeOwnership }: { fakeOwnership: boolean }): object {
  const names = ALLOWED_CALLS.map(({ name }) => name);
  const faked = fakeOwnership ? names.filter((name) => OWNERSHIP.test(name)) : [];
  const plain = names.filter((name) => !faked.includes(name) && !BY_ARGUMENT.has(name));
  const rules: Rule[] = [{ names: plain, action: 'SCMP_ACT_ALLOW' }, ...[...BY_ARGUMENT.values()].flat()];
  if (faked.length > 0) rules.push({ names: faked, action: 'SCMP_ACT_ERRNO', errnoRet: 0 });
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: constants.errno.EPERM,
    architectures: ARCHITECTURES[process.arch],
    syscalls: rules,
  };
}

/** What is decided by the first argument. Of several rules for one call each that fits allows it. */
const BY_ARGUMENT: ReadonlyMap<string, readonly Rule[]> = new Map([
  ['clone', [allow('clone', { op: 'SCMP_CMP_MASKED_EQ', value: NAMESPACE_FLAGS, valueTwo: 0 })]],
  ['clone3', [{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: constants.errno.ENOSYS }]],
  ['personality', PERSONALITIES.map((value) => allow('personality', { op: 'SCMP_CMP_EQ', value }))],
  [
    'socket',
    [
      allow('socket', { op: 'SCMP_CMP_LT', value: FIRST_FAMILIES_END }),
      ...LATER_FAMILIES.map((value) => allow('socket', { op: 'SCMP_CMP_EQ', value })),
    ],
  ],
]);

function allow(name: string, condition: { op: string; value: number; valueTwo?: number }): Rule {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, ...condition }] };
}
