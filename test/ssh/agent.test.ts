import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import type { AgentSource } from '../../src/ssh/agent.ts';
import { parseKey, type SshKey } from '../../src/ssh/key.ts';
import { listenForAgent } from '../../src/ssh/socket.ts';

const test = suite('the SSH agent');
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-ssh-'));
test.after(() => rmSync(directory, { recursive: true }));

const run = promisify(execFile);

/** Makes a key with OpenSSH, and reads it as we do. */
function makeKey(name: string, options: readonly string[]): SshKey {
  const path = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', '', '-f', path, ...options]);
  return parseKey(readFileSync(path, 'latin1'), path);
}

/** Runs a program of OpenSSH with the socket of an agent of ours. */
async function withAgent<T>(source: AgentSource, work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const owner = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const socket = await listenForAgent(mkdtempSync(join(directory, 'socket-')).concat('/s'), source, owner);
  try {
    return await work({ PATH: process.env.PATH, SSH_AUTH_SOCK: socket.path });
  } finally {
    socket.close();
  }
}

const KINDS: [name: string, options: string[]][] = [
  ['ed25519', ['-t', 'ed25519']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['ecdsa-pkcs8', ['-t', 'ecdsa', '-b', '256', '-m', 'PKCS8']],
];

for (const [name, options] of KINDS) {
  test(`lists a key that OpenSSH made, and signs what OpenSSH verifies: ${name}`, async () => {
    const keys = [makeKey(name, options)];
    const publicKey = join(directory, `${name}.pub`);
    await withAgent({ keys }, async (env) => {
      const { stdout } = await run('ssh-add', ['-L'], { env });
      assert.equal(stdout.split(' ').slice(0, 2), readFileSync(publicKey, 'latin1').trim().split(' ').slice(0, 2));
      const data = join(directory, `${name}.data`);
      writeFileSync(data, 'signed');
      await run('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', publicKey, data], { env });
    });
    const verify = spawn('ssh-keygen', [
      '-Y',
      'check-novalidate',
      '-n',
      'file',
      '-s',
      join(directory, `${name}.data.sig`),
    ]);
    verify.stdin.end('signed');
    assert.equal(await once(verify, 'close'), [0, null]);
  });
}

test('an agent that is forwarded lists and signs, and is not changed', async () => {
  const keys = [makeKey('forwarded', ['-t', 'ed25519'])];
  await withAgent({ keys }, ({ SSH_AUTH_SOCK: socket = '' }) =>
    withAgent({ socket }, async (env) => {
      assert.match((await run('ssh-add', ['-L'], { env })).stdout, /^ssh-ed25519 /);
      for (const args of [['-D'], ['-x'], [join(directory, 'forwarded')]]) {
        const failed = await run('ssh-add', args, { env, timeout: 5000 }).then(
          () => false,
          () => true,
        );
        assert.ok(failed, args.join(' '));
      }
      assert.match((await run('ssh-add', ['-L'], { env })).stdout, /^ssh-ed25519 /);
    }),
  );
});

test('a key with a passphrase is an error that says what to do', () => {
  const path = join(directory, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', path]);
  try {
    parseKey(readFileSync(path, 'latin1'), path);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TsbuildError);
    assert.match(String(error), /without a passphrase/);
    assert.is((error as TsbuildError).cause, undefined);
  }
});

test.run();
