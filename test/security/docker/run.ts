import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needProgram } from '../../house/programs.ts';
import { TestSandbox } from '../../runner/kit.ts';
import { busyboxRoot } from '../../support/busybox.ts';
import type { Call } from './calls.ts';
import { dockerConfig } from './config.ts';

/** What `facts.pl` tells of the inside of a container, by the names of the facts. */
export type Facts = ReadonlyMap<string, string>;

export interface Compared {
  ours: Facts;
  docker: Facts;
}

/** Of the host, for perl. */
const PROGRAMS = ['/usr', '/lib', '/lib64'];
const ARGS = ['/usr/bin/perl', '/facts.pl', '/calls'];
const HOSTNAME = 'box';

/** Asks for the same facts in our sandbox and in a container that runc makes as Docker would. Needs root. */
export async function compare(uid: number, calls: readonly Call[]): Promise<Compared> {
  const box = await TestSandbox.create();
  try {
    box.write('facts.pl', readFileSync(join(import.meta.dirname, 'facts.pl'), 'utf8'));
    box.write('calls', calls.map(lineOf).join('\n'));
    return { ours: await inOurs(box, uid), docker: await inDockers(box, uid) };
  } finally {
    box.remove();
  }
}

function lineOf({ name, number, arguments: values }: Call): string {
  const text = (value: number | string): string =>
    typeof value === 'number' ? `${value}` : `s${Buffer.from(value, 'latin1').toString('hex')}`;
  return [name, number, ...values.map(text)].join('\t');
}

async function inOurs(box: TestSandbox, uid: number): Promise<Facts> {
  const mount = (source: string, target: string) => ({ source, target, readonly: true, recursive: true });
  const files = ['facts.pl', 'calls'].map((name) => ({
    ...mount(join(box.directory, name), `/${name}`),
    kind: 'file' as const,
  }));
  const { stdout, stderr } = await box.run(ARGS, {
    hostname: HOSTNAME,
    user: { uid, gid: uid, groups: [uid] },
    mounts: [...PROGRAMS.map((path) => mount(path, path)), ...files],
  });
  return factsIn(stdout, stderr);
}

async function inDockers(box: TestSandbox, uid: number): Promise<Facts> {
  const id = `tsbuild-test-${randomBytes(6).toString('hex')}`;
  const bundle = join(box.directory, 'bundle');
  const root = join(bundle, 'rootfs');
  mkdirSync(bundle);
  cpSync(await busyboxRoot(), root, { recursive: true, verbatimSymlinks: true });
  const files = ['facts.pl', 'calls'].map((name) => ({ source: join(box.directory, name), target: `/${name}` }));
  const binds = [...PROGRAMS.map((path) => ({ source: path, target: path })), ...files];
  const config = dockerConfig({
    root,
    args: ARGS,
    uid,
    hostname: HOSTNAME,
    nofile: openFiles(),
    cgroup: `/${id}`,
    binds,
  });
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const runc = (...args: string[]): string =>
    execFileSync(needProgram('runc'), ['--root', join(box.directory, 'state'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 26,
    });
  try {
    return factsIn(runc('run', '--bundle', bundle, id), '');
  } finally {
    runc('delete', '--force', id);
  }
}

/** The hard limit of this process, which both have below. */
function openFiles(): number {
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
}

/** Numbers of namespaces say only whether they are the host's. */
function factsIn(stdout: string, stderr: string): Facts {
  if (stderr !== '') throw new Error(stderr);
  const facts = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [name: string, value: string]);
  return new Map(
    facts.map(([name, value]) => {
      const [, namespace] = /^namespace (\w+)$/.exec(name) ?? [];
      if (namespace === undefined) return [name, value];
      return [name, value === readlinkSync(`/proc/self/ns/${namespace}`) ? 'of the host' : 'its own'];
    }),
  );
}
