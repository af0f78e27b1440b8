import { SYS } from '../syscall/numbers.ts';
import type { Address, Program } from '../syscall/program.ts';
import { MESSAGE_SIZE, NOT_SEALED } from '../syscall/sealed.ts';

/**
 * What a sandbox says on descriptor 4: pairs of 64-bit words, a tag and a value. A tag of the size of an address is
 * the report of a failed entry (launcher.S) and its value the negative errno.
 */
export const TAG = {
  /** The pipes of the output; low half the end to read, high half the end to write. */
  stdout: 1,
  stderr: 2,
  /** The process id of the supervisor, as we see it. */
  supervisor: 3,
  /** The supervisor has started the container; the value is its descriptor of the container's first process. */
  started: 4,
  /** The wait status of the container. */
  status: 5,
  /** The negative errno of an attempt to execute the command; the attempts follow each other along the PATH. */
  attempt: 6,
  /** No attempt succeeded. */
  gaveUp: 7,
  /** The process is in a new user namespace and waits for ids. */
  unshared: 8,
  /** The wait status of the command, where the first process of the container is one of ours. */
  commandStatus: 9,
  /** The container is complete, and its command about to be executed. */
  ready: 10,
  /** A launcher could not go on from sealed memory; the value is the negative errno. */
  notSealed: NOT_SEALED,
  /** The pipe of the log of an OCI runtime, as those of the output. */
  runtimeLog: 12,
  /** An OCI runtime made no container; the value is its wait status. */
  runtimeFailed: 13,
} as const;

export interface Message {
  tag: number;
  value: bigint;
}

/** A message in the area; the returned address is that of its value. */
export function putMessage(program: Program, tag: number, value = 0): Address {
  return (program.words([tag, value]) + 8) as Address;
}

export function sendMessage(program: Program, value: Address): void {
  program.call(SYS.write, [4, value - 8, MESSAGE_SIZE], { what: 'report to the parent' });
}

/** Splits a stream of messages; a part of one waits for the rest. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Message[] {
    const data = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    let offset = 0;
    for (; offset + MESSAGE_SIZE <= data.length; offset += MESSAGE_SIZE) {
      messages.push({ tag: Number(data.readBigUInt64LE(offset)), value: data.readBigInt64LE(offset + 8) });
    }
    this.#rest = data.subarray(offset);
    return messages;
  }
}
