import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { needProgram } from '../house/programs.ts';
import { type Certificate, makeCertificate } from './certificate.ts';

export interface RegistryOptions {
  /** Wants Basic authentication with this account. */
  htpasswd?: { user: string; password: string } | undefined;
  /** Speaks https with a certificate of its own authority for these names; `true` means `localhost`. */
  tls?: boolean | readonly string[] | undefined;
  /** Serves its API below this path, which begins and ends with a slash. */
  prefix?: string | undefined;
  /** Wants Bearer tokens signed with the key of `certificate`, from the server at `realm`. */
  token?: { realm: string; service: string; issuer: string; certificate: Certificate } | undefined;
}

export interface TestRegistry {
  /** What stands before the first slash of an image name: `127.0.0.1:PORT`, or `localhost:PORT` with TLS. */
  host: string;
  port: number;
  /** The certificate of the authority, a file in PEM; only with TLS. */
  caFile: string | undefined;
  /** Where the registry keeps its blobs: a test may look at them or damage them. */
  directory: string;
  stop(): Promise<void>;
}

/** Starts Debian's docker-registry, empty, on a free port of the loopback interface. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const program = needProgram('docker-registry');
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-registry-'));
  const names = options.tls === true ? ['localhost'] : options.tls || undefined;
  const tls = names && makeCertificate(directory, names);
  writeFileSync(join(directory, 'config.json'), JSON.stringify(configuration(directory, options, tls)));
  const child = spawn(program, ['serve', join(directory, 'config.json')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const killAtExit = (): boolean => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const port = await portOf(child);
  detach(child);
  return {
    host: `${tls ? 'localhost' : '127.0.0.1'}:${port}`,
    port,
    caFile: tls?.caFile,
    directory,
    async stop() {
      process.off('exit', killAtExit);
      await terminate(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The registry's configuration is YAML, of which JSON is a part. */
function configuration(directory: string, options: RegistryOptions, tls: Certificate | undefined): object {
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      ...(options.prefix !== undefined && { prefix: options.prefix }),
      secret: 'shared between the parts of one registry',
      ...(tls && { tls: { certificate: tls.certificateFile, key: tls.keyFile } }),
    },
    ...authentication(directory, options),
  };
}

function authentication(directory: string, { htpasswd, token }: RegistryOptions): object {
  if (htpasswd !== undefined) {
    const path = join(directory, 'htpasswd');
    writeFileSync(path, `${htpasswd.user}:${bcrypt(htpasswd.password)}\n`);
    return { auth: { htpasswd: { realm: 'test', path } } };
  }
  if (token === undefined) return {};
  const { certificate, ...rest } = token;
  return { auth: { token: { ...rest, rootcertbundle: certificate.certificateFile } } };
}

/** The registry takes only bcrypt, which Debian's libcrypt makes and its perl reaches. */
function bcrypt(password: string): string {
  const script = 'chomp(my $word = <STDIN>); print crypt($word, q($2y$05$tsbuildtsbuildtsbuilde))';
  const { stdout, status } = spawnSync('perl', ['-e', script], { input: password, encoding: 'utf8' });
  if (status !== 0 || !stdout.startsWith('$2y$')) throw new Error('perl cannot make a bcrypt hash here');
  return stdout;
}

/** The registry logs the port that the kernel chose for it. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((found, fail) => {
    const seen: string[] = [];
    child.on('error', fail);
    child.on('exit', () => fail(new Error(`docker-registry ended:\n${seen.join('\n')}`)));
    // Reading goes on after the port is found: a full pipe would stop the registry.
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (seen.push(line) > 50) seen.shift();
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) found(Number(port));
    });
  });
}

/** A test that failed before it stopped the registry still ends, and its exit kills the registry. */
function detach(child: ChildProcess): void {
  child.unref();
  (child.stderr as Socket).unref();
}

function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.ref();
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}
