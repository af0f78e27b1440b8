import { createConnection, type Socket } from 'node:net';
import type { SshKey } from './key.ts';
import { signWith } from './sign.ts';
import { WireReader, wireString } from './wire.ts';

/** Where keys come from: an agent that listens on a socket, or keys that we hold ourselves. */
export type AgentSource = { socket: string } | { keys: readonly SshKey[] };

/** Messages of the agent's protocol (draft-miller-ssh-agent, section 6.1). */
const MESSAGE = { failure: 5, list: 11, identities: 12, sign: 13, signature: 14 };
/** OpenSSH's own limit. */
const MAX_MESSAGE = 256 * 1024;

/**
 * Serves one connection of a step: it may list keys and sign with them, and nothing else. Whatever would add, remove or
 * lock keys of the agent is answered as refused.
 */
export function serveAgent(client: Socket, source: AgentSource): void {
  const answer = 'socket' in source ? forwarding(client, source.socket) : answering(source.keys);
  let pending = Promise.resolve();
  readMessages(client, (message) => {
    pending = pending.then(async () => {
      const allowed = message[0] === MESSAGE.list || message[0] === MESSAGE.sign;
      client.write(framed(allowed ? await answer(message) : refusal()));
    });
    pending.catch(() => client.destroy());
  });
}

type Answer = (message: Buffer) => Promise<Buffer>;

function answering(keys: readonly SshKey[]): Answer {
  return async (message) => {
    if (message[0] === MESSAGE.list) return identities(keys);
    const reader = new WireReader(message.subarray(1));
    const [blob, data, flags] = [reader.string(), reader.string(), reader.uint32()];
    const key = keys.find((candidate) => candidate.blob.equals(blob));
    if (key === undefined) return refusal();
    return Buffer.concat([Buffer.from([MESSAGE.signature]), wireString(signWith(key, data, flags))]);
  };
}

function identities(keys: readonly SshKey[]): Buffer {
  const head = Buffer.from([MESSAGE.identities, 0, 0, 0, 0]);
  head.writeUInt32BE(keys.length, 1);
  return Buffer.concat([head, ...keys.flatMap(({ blob, comment }) => [wireString(blob), wireString(comment)])]);
}

/** One connection to the agent for one of the client; answers come in the order of the questions. */
function forwarding(client: Socket, path: string): Answer {
  const agent = createConnection(path);
  const waiting: { resolve: (answer: Buffer) => void; reject: (error: Error) => void }[] = [];
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
    client.destroy();
  };
  agent.on('error', fail);
  agent.on('close', () => fail(new Error('the agent has closed the connection')));
  client.on('close', () => agent.destroy());
  readMessages(agent, (message) => waiting.shift()?.resolve(message));
  return (message) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      agent.write(framed(message));
    });
}

/** Splits a stream into messages; one that is too long ends the connection. */
function readMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE();
      if (length === 0 || length > MAX_MESSAGE) {
        socket.destroy();
        return;
      }
      if (rest.length < 4 + length) return;
      onMessage(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
  });
}

function framed(message: Buffer): Buffer {
  return wireString(message);
}

function refusal(): Buffer {
  return Buffer.from([MESSAGE.failure]);
}
