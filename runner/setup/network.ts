import { SYS } from '../syscall/numbers.ts';
import { at, type Program } from '../syscall/program.ts';
import { AT, CLONE, O } from './flags.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
/** `struct ifreq`: a name of 16 bytes, then the flags. */
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;

/**
 * What Docker sets in a network namespace that is the container's own: any user of it may listen on every port, and
 * ping. The second needs groups that a user namespace may not have.
 */
const SETTINGS: readonly [name: string, value: string][] = [
  ['ip_unprivileged_port_start', '0'],
  ['ping_group_range', '0 2147483647'],
];

/** Makes the new network namespace of the calling process, which has nothing but a loopback, one for programs. */
export function prepareNetwork(program: Program): void {
  raiseLoopback(program);
  for (const [name, value] of SETTINGS) writeSetting(program, `/proc/sys/net/ipv4/${name}`, value);
}

/** Where it can be written: a container around us may not let us. */
function writeSetting(program: Program, path: string, value: string): void {
  const file = program.reserve(8);
  const next = program.label();
  program.call(SYS.openat, [AT.fdcwd, program.string(path), O.wronly | O.cloexec, 0], { store: file, failed: next });
  program.call(SYS.write, [at(file), program.string(value), value.length], { failed: 'next' });
  program.call(SYS.close, [at(file)]);
  program.place(next);
}

/** A new network namespace has a loopback that is down, and 127.0.0.1 with it. */
function raiseLoopback(program: Program): void {
  const socket = program.reserve(8);
  const request = Buffer.alloc(IFREQ_SIZE);
  request.write('lo');
  request.writeUInt16LE(IFF_UP, IFREQ_FLAGS);
  program.call(SYS.socket, [AF_INET, SOCK_DGRAM | O.cloexec, 0], { what: 'socket', store: socket });
  program.call(SYS.ioctl, [at(socket), SIOCSIFFLAGS, program.bytes(request)], { what: 'raise the loopback' });
}

/** Where a sandbox finds the network namespace that it was handed: the first descriptor behind the launcher's own. */
const NAMESPACE = 5;

/** Enters the network namespace that the sandbox was handed. */
export function joinNetwork(program: Program): void {
  program.call(SYS.setns, [NAMESPACE, CLONE.newnet], { what: 'enter the network namespace' });
}
