import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../fixtures/command.ts';
import { startRegistry, type TestRegistry } from '../fixtures/docker-registry.ts';
import { removeStore } from '../fixtures/rootless.ts';
import { writeLargeFile } from './cases/large.ts';
import type { Measurement, Repetition } from './compare.ts';
import { type Invocation, peakMemory, run, type Timing, time } from './measure.ts';
import { tsbuildInvocation } from './peers/tsbuild.ts';

/** What a layer of 1 GiB costs on its way to a registry on this machine, or from one; beside skopeo. */
export interface Transfer {
  readonly name: string;
  readonly title: string;
  /** Our time divided by skopeo's is to be no more than this: at least 0.8 of its rate. */
  readonly target: number;
  readonly direction: 'push' | 'pull';
}

const TARGET = 1 / 0.8;

export const TRANSFERS: readonly Transfer[] = [
  { name: 'push', title: 'push of a layer of 1 GiB', target: TARGET, direction: 'push' },
  { name: 'pull', title: 'pull of a layer of 1 GiB', target: TARGET, direction: 'pull' },
];

const SIZE = 1024 * 1024 * 1024;

interface Client {
  name: string;
  /** Makes the measured command do all of its work. */
  ready(): Promise<void>;
  transfer(): Invocation;
}

export async function measureTransfer(
  { direction }: Transfer,
  directory: string,
  { warmUp, runs }: Repetition,
): Promise<Measurement[]> {
  const registry = await startRegistry();
  const image = `${registry.host}/bench:latest`;
  try {
    await makeImage(directory, image);
    const clients = direction === 'push' ? pushers(directory, image, registry) : await pullers(directory, image);
    const timings = clients.map((): Timing[] => []);
    for (let round = -warmUp; round < runs; round++) {
      for (const [index, client] of clients.entries()) {
        await client.ready();
        const timing = await time(client.transfer());
        if (round >= 0) timings[index]?.push(timing);
      }
    }
    const measurements: Measurement[] = [];
    for (const [index, client] of clients.entries()) {
      await client.ready();
      const peak = await peakMemory(client.transfer());
      measurements.push({ peer: client.name, runs: timings[index] ?? [], peakMemory: peak });
    }
    return measurements;
  } finally {
    await registry.stop();
  }
}

/** In a store of ours, and as an OCI layout for skopeo; compressed in both. */
async function makeImage(directory: string, image: string): Promise<void> {
  const context = join(directory, 'context');
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY large /\n');
  writeLargeFile(join(context, 'large'), SIZE, 'transfer');
  const layout = `type=oci,tar=false,compression=gzip,dest=${layoutIn(directory)}`;
  await run(tsbuildInvocation(storeIn(directory), 'build', '-o', 'type=image', '-o', layout, '-t', image, context));
  rmSync(context, { recursive: true });
}

function pushers(directory: string, image: string, registry: TestRegistry): Client[] {
  const ready = async () => rmSync(join(registry.directory, 'data'), { recursive: true, force: true });
  const layout = `oci:${layoutIn(directory)}:latest`;
  return [
    { name: 'tsbuild', ready, transfer: () => tsbuildInvocation(storeIn(directory), 'push', image) },
    { name: 'skopeo', ready, transfer: () => skopeo('copy', '--dest-tls-verify=false', layout, `docker://${image}`) },
  ];
}

async function pullers(directory: string, image: string): Promise<Client[]> {
  await run(tsbuildInvocation(storeIn(directory), 'push', image));
  const store = join(directory, 'empty');
  const copy = join(directory, 'copy');
  return [
    { name: 'tsbuild', ready: () => removeStore(store), transfer: () => tsbuildInvocation(store, 'pull', image) },
    {
      name: 'skopeo',
      ready: async () => rmSync(copy, { recursive: true, force: true }),
      transfer: () => skopeo('copy', '--src-tls-verify=false', `docker://${image}`, `oci:${copy}:latest`),
    },
  ];
}

function skopeo(...args: string[]): Invocation {
  return { program: 'skopeo', args: ['--insecure-policy', ...args], env: process.env };
}

/** Undefined where what it takes is not installed. */
export async function skopeoVersion(): Promise<string | undefined> {
  try {
    await command('docker-registry', ['--version']);
    return (await command('skopeo', ['--version'])).trim();
  } catch {
    return undefined;
  }
}

function storeIn(directory: string): string {
  return join(directory, 'store');
}

function layoutIn(directory: string): string {
  return join(directory, 'layout');
}
