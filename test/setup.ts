/**
 * Before the tests: installs the programs they need where we are root on Debian, and elsewhere says which are missing
 * and how to install them. The tests that need a missing program then fail and name it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { findProgram, installCommand, missingPrograms, packagesOf } from './house/programs.ts';

function aptGet(...args: string[]): void {
  spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return;
  console.log(`installing ${packages.join(' ')}`);
  aptGet('update');
  aptGet('install', '--yes', '--no-install-recommends', ...packages);
}

const missing = missingPrograms();
if (missing.length > 0) install(packagesOf(missing));
const left = missing.length > 0 ? missingPrograms() : [];
if (left.length > 0) {
  console.log(`missing: ${left.join(', ')}; the tests that need them will fail. Run as root:`);
  console.log(`  ${installCommand(left)}`);
}

/** As udev has it; a machine without udev keeps it to root, and users have no network of their own. */
const TUN = '/dev/net/tun';
const tun = statSync(TUN, { throwIfNoEntry: false });
if (process.getuid?.() === 0 && tun !== undefined && (tun.mode & 0o666) !== 0o666) {
  console.log(`opening ${TUN} to every user`);
  chmodSync(TUN, 0o666);
}
